"""The whole bridge without ROS, driven by a list of events: for property tests and long runs."""

from dataclasses import dataclass, field, replace

import numpy as np

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.chunk_buffer import ChunkBuffer
from robot_bridge.chunk_stream import ChunkStream
from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import DriverError, DriverSpec, Reading
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper
from robot_bridge.states import Event, State
from segue_core.chunk import Chunk, ChunkError

NAMES = ('pan', 'lift', 'grip')
STEP_NS = 40_000_000
LIMIT = 2.0
DEADLINE, BACKOFF = 10 * STEP_NS, 3 * STEP_NS
BAD = {'nan': 'actions must be finite', 'range': 'must be within', 'names': 'names must be',
       'columns': 'names must be', 'step': 'step must be', 'first': 'first_timestep must be'}
"""What can be wrong with a chunk -> what the bridge says of it."""


class Arm:
    """Is at once where it is told to be, and notes each stretch of motion that begins at rest."""

    def __init__(self, rate):
        limit = np.full(len(NAMES), LIMIT)
        self.spec = DriverSpec('arm', NAMES, ('rad',) * len(NAMES), -limit, limit, rate)
        self.pose = np.zeros(len(NAMES))
        self.broken = False
        self.stretches = [[self.pose]]

    def connect(self):
        self.check()

    def disconnect(self): ...

    def read(self, *, cameras):
        self.check()
        return Reading(NAMES, self.pose.copy())

    def write(self, action):
        self.check()
        self.pose = action.copy()
        self.stretches[-1].append(self.pose)

    def hold(self):
        self.check()
        self.rest()

    def stop(self):
        self.rest()
        self.check()

    def check(self):
        if self.broken:
            raise DriverError('cable cut')

    def rest(self):
        if len(self.stretches[-1]) > 1:
            self.stretches.append([self.pose])


class CountingBuffer(ChunkBuffer):
    """Notes which timesteps were taken."""

    taken: list

    def pop(self):
        timestep = self.timestep
        row = super().pop()
        if row is not None:
            self.taken.append(timestep)
        return row


@dataclass
class World:
    """A bridge, its robot, and what is under way between it and the policy.

    Args:
        value: (timestep, number of the request) -> row of a chunk, shape (3,).
    """

    value: object
    threshold: float = 0.5
    aggregate: str = 'weighted_average'
    tick_ns: int = STEP_NS
    shaping: ShapingParams = ShapingParams()
    watchdog_ns: int = 0
    lockstep: object = None
    approach: object = None
    now: int = 0
    sessions: int = 0
    present: bool = True
    requests: list = field(default_factory=list)
    executed: dict = field(default_factory=dict)

    def __post_init__(self):
        self.arm = Arm(1e9 / self.tick_ns)
        spec = self.arm.spec
        self.buffer = CountingBuffer(NAMES, spec.lower, spec.upper, AGGREGATES[self.aggregate])
        self.stream = ChunkStream(self.buffer, threshold=self.threshold, deadline_ns=DEADLINE,
                                  backoff_ns=BACKOFF, step_ns=STEP_NS, units=spec.action_units)
        shaper = MotionShaper(spec, self.shaping, STEP_NS, self.tick_ns)
        self.loop = ControlLoop(self.arm, self.stream, shaper, self.lockstep, self.watchdog_ns,
                                self.approach)
        self.start()

    def start(self):
        """Begin a session, as the node does; a robot that cannot be read is a fault."""
        if self.loop.active:
            self.loop.stop(Event.STOP)
        self.sessions += 1
        name = f's{self.sessions}'
        self.executed[name] = self.buffer.taken = []
        self.guarded(self.loop.start, name, self.now, '')

    def guarded(self, act, *arguments):
        """Do it; a robot that fails is stopped, as the node does."""
        try:
            return act(*arguments)
        except DriverError as error:
            self.loop.stop(Event.FAIL, str(error))
        return None

    def tick(self):
        self.now += self.tick_ns
        if not self.loop.active:
            return None
        tick = self.guarded(self.loop.tick, self.now, self.now, self.present)
        if tick and tick.request:
            self.requests.append(tick.request)
        return tick

    def chunk(self, request, horizon, fault=None):
        steps = range(request.timestep, request.timestep + horizon)
        rows = np.array([self.value(t, request.request_id) for t in steps])
        names, order = NAMES, [2, 0, 1]
        if fault == 'nan':
            rows[-1, 0] = np.nan
        if fault == 'range':
            rows[0, 1] = 2 * LIMIT
        if fault == 'names':
            names = ('pan', 'lift', 'foot')
        if fault == 'columns':
            names, rows = names[:2], rows[:, :2]
        else:
            names, rows = tuple(names[i] for i in order), rows[:, order]
        return Chunk(session_id=request.session_id, request_id=request.request_id,
                     stamp_ns=request.stamp_ns, names=names, units=('rad',) * len(names),
                     first_timestep=request.timestep + (fault == 'first'), actions=rows,
                     step_ns=STEP_NS + (fault == 'step'))

    def answer(self, which, horizon, fault=None):
        """Answer a request of the past, the newest being 0; again if it was answered before."""
        if not self.requests or not self.loop.active:
            return
        request = self.requests[-1 - which % len(self.requests)]
        try:
            chunk = self.chunk(request, horizon, fault)
        except ChunkError as error:     # as the node does with a message that cannot be read
            self.stream.fail(request.session_id, request.request_id, str(error), self.now)
        else:
            self.loop.on_chunk(chunk, self.now)

    def fail(self, which):
        if self.requests:
            request = self.requests[-1 - which % len(self.requests)]
            self.stream.fail(request.session_id, request.request_id, 'out of memory', self.now)

    def stale(self, horizon):
        """A chunk of a session of another bridge."""
        if self.requests and self.loop.active:
            request = self.requests[-1]
            foreign = self.chunk(replace(request, timestep=request.timestep + 29), horizon)
            self.loop.on_chunk(replace(foreign, session_id='another',
                                       first_timestep=request.timestep), self.now)

    def policy(self, present):
        if self.present and not present:
            self.loop.policy_lost()
        if present and not self.present:
            self.loop.policy_joined()
        self.present = present

    def hold(self, held):
        self.guarded(self.loop.hold, held)

    def e_stop(self):
        self.loop.stop(Event.E_STOP, 'emergency stop')

    def repair(self):
        """The robot can be used again: the bridge notices, unless it was stopped by a person."""
        self.arm.broken = False
        if self.loop.state is State.FAULT:
            self.guarded(self.loop.reconnect)
            self.start()

    def cut(self):
        self.arm.broken = True

    def reset(self):
        """A person ends an emergency stop."""
        if self.loop.state is State.E_STOPPED:
            self.loop.reset_e_stop()
            self.start()

    def heal(self):
        """Every fault ends, and a person takes back what a person did."""
        self.policy(True)
        self.repair()
        self.reset()
        self.hold(False)
