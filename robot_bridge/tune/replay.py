"""One setting, replayed through the bridge's own buffer, stream and control loop. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.chunk_buffer import ChunkBuffer
from robot_bridge.chunk_stream import ChunkStream, Counters
from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import DriverSpec, Reading
from robot_bridge.lockstep import Lockstep
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper
from robot_bridge.tune.errors import TuneError
from robot_bridge.tune.sources import ChunkSource
from segue_core.chunk import Chunk, ChunkError, Request
from segue_core.rtc import soft_mask

LIMIT = 1e6
"""Limit of every column: wide, since limits are not what is tuned here."""
NEVER_NS = 1 << 62
"""Deadline of requests [ns]: the drawn delay decides alone when a chunk comes."""
RTC = 'rtc'


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the matrix, named as the nodes' parameters are.

    Attributes:
        actions_per_chunk: Rows of a chunk, >= 1.
        chunk_size_threshold: Ask when queued / horizon is at most this [0..1].
        aggregate_fn_name: How overlapping rows merge, one of `AGGREGATES`.
    """

    actions_per_chunk: int
    chunk_size_threshold: float
    aggregate_fn_name: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened in one replay; the steps before the first action are left out of the arrays.

    Attributes:
        actions: What the robot was told, shape (T, D), also in the steps that starved.
        starved: Which of the steps had no action, shape (T,).
        ages: Age of the newest observation behind each action [control steps], shape (T,).
        seam_jumps: Largest |new - old| of each merge [column's unit], shape (M,).
        counters: The stream's own, of all steps.
    """

    actions: NDArray[np.float64]
    starved: NDArray[np.bool_]
    ages: NDArray[np.int64]
    seam_jumps: NDArray[np.float64]
    counters: Counters


class RecordingDriver:
    """A robot that does at once what it is told, and notes it.

    Args:
        source: Whose columns it has.
        rate: Control steps per second [Hz].
    """

    def __init__(self, source: ChunkSource, rate: float) -> None:
        limit = np.full(len(source.names), LIMIT)
        self.spec = DriverSpec('recording', source.names, source.units, -limit, limit, rate)
        self.pose = source.predict(0, 1)[0]

    def connect(self) -> None:
        """There is nothing to open."""

    def read(self, *, cameras: bool) -> Reading:
        """Return the pose that was last commanded."""
        return Reading(self.spec.action_names, self.pose.copy())

    def write(self, action: NDArray[np.float64]) -> None:
        """Take the pose."""
        self.pose = action.copy()

    def hold(self) -> None:
        """Keep the pose."""

    def stop(self) -> None:
        """Keep the pose."""

    def disconnect(self) -> None:
        """There is nothing to let go of."""


@dataclass(slots=True)
class _Notes:
    poses: list[NDArray[np.float64]] = field(default_factory=list)
    starved: list[bool] = field(default_factory=list)
    ages: list[int] = field(default_factory=list)
    jumps: list[float] = field(default_factory=list)

    def add(self, before: Counters, stream: ChunkStream, pose: NDArray[np.float64],
            asked: Sequence[int]) -> None:
        """Note what a tick changed; ``asked`` are the timesteps of the requests so far."""
        now = stream.counters
        if now.merges > before.merges:
            self.jumps.append(now.seam_jump)
        starved = now.starved_ticks > before.starved_ticks
        if now.ticks > before.ticks and (self.poses or not starved):
            self.poses.append(pose)
            self.starved.append(starved)
            self.ages.append(stream.buffer.timestep - 1 - asked[now.chunks - 1])


def replay(setting: Setting, source: ChunkSource, delays: Iterable[int], *, step_ns: int,
           steps: int) -> Trace:
    """Run the control loop in lockstep with a policy that answers after the given delays.

    Args:
        setting: What to try.
        source: The policy.
        delays: Of each request in turn [control steps], >= 0; repeated when there are too few.
        step_ns: Length of a control step [ns].
        steps: Control steps to run, >= 1.

    Raises:
        TuneError: A chunk cannot be used or the bridge refuses it, or none came within ``steps``.
    """
    driver = RecordingDriver(source, 1e9 / step_ns)
    loop = _loop(setting, driver, delays, step_ns)
    stream, notes, asked = loop.stream, _Notes(), list[int]()
    while stream.counters.ticks < steps:
        before = replace(stream.counters)
        now_ns = before.ticks * step_ns
        tick = loop.tick(now_ns, now_ns, True)
        if tick.request:
            asked.append(tick.request.timestep)
            loop.on_chunk(_answer(setting, source, tick.request, step_ns), now_ns)
        notes.add(before, stream, driver.pose, asked)
        if stream.counters.refused_chunks:
            raise TuneError(f'the bridge refuses the chunks: {stream.counters.last_refusal}')
    if not notes.poses:
        raise TuneError(f'no chunk came within {steps} control steps: choose a longer duration or '
                        'a shorter delay')
    return Trace(np.array(notes.poses), np.array(notes.starved), np.array(notes.ages),
                 np.array(notes.jumps), stream.counters)


def _loop(setting: Setting, driver: RecordingDriver, delays: Iterable[int],
          step_ns: int) -> ControlLoop:
    spec = driver.spec
    buffer = ChunkBuffer(spec.action_names, spec.lower, spec.upper,
                         AGGREGATES[setting.aggregate_fn_name])
    stream = ChunkStream(buffer, threshold=setting.chunk_size_threshold, deadline_ns=NEVER_NS,
                         backoff_ns=0, step_ns=step_ns, units=spec.action_units)
    repeated = itertools.cycle(delays)
    shaper = MotionShaper(spec, ShapingParams(), step_ns, step_ns)
    loop = ControlLoop(driver, stream, shaper, Lockstep(lambda seed: repeated))
    loop.start('tune', 0, '')
    return loop


def _answer(setting: Setting, source: ChunkSource, request: Request, step_ns: int) -> Chunk:
    rows = source.predict(request.timestep, setting.actions_per_chunk)
    if setting.aggregate_fn_name == RTC:
        rows = _continue_prefix(rows, request)
    try:
        return Chunk(session_id=request.session_id, request_id=request.request_id,
                     stamp_ns=request.stamp_ns, first_timestep=request.timestep, step_ns=step_ns,
                     names=source.names, units=source.units, actions=rows)
    except ChunkError as error:
        raise TuneError(f'the chunks cannot be used: {error}') from error


def _continue_prefix(rows: NDArray[np.float64], request: Request) -> NDArray[np.float64]:
    """What a policy with real-time chunking would answer, approximately.

    Its rows are drawn to the queued ones by the soft mask that such a policy uses as guidance.
    """
    horizon, queued = len(rows), min(len(request.prefix), len(rows))
    delay = min(math.ceil(request.estimated_delay), queued, horizon // 2)
    weights = soft_mask(horizon, delay, max(delay, horizon - queued))[:queued, np.newaxis]
    rows[:queued] += weights * (request.prefix[:queued] - rows[:queued])
    return rows
