"""An S1 that moves as it is told, at 250 Hz, and refuses what no S1 could do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from robot_bridge.drivers.astribot.joints import PARTS, Part, PartList
from robot_bridge.emulators.astribot.record import Command, Record

PERIOD_NS = 4_000_000
"""One step of the integration [ns]."""
LAG = 0.02
"""Time constant with which a joint follows its desired position [s]."""
SPEEDS = {'rad': 4.0, 'm': 1.5, 'percent': 1000.0}
"""Unit -> largest speed of a joint [unit/s]."""
HOME = {'astribot_torso': (0.29, -0.58, 0.29, 0.0),
        'astribot_arm_left': (0.159, -0.022, -1.42, 1.66, -0.345, 0.115, 0.125),
        'astribot_arm_right': (-0.159, -0.022, 1.42, 1.66, 0.345, 0.115, -0.125)}
"""Where parts are at first; all others are at 0."""
ALL = PartList(PARTS)
_BY_NAME = {part.name: part for part in PARTS}
TORSO = 'astribot_torso'
_IS_GRIPPER = np.array([unit == 'percent' for unit in ALL.units])
_SPEED = np.array([SPEEDS[unit] for unit in ALL.units])

Vector = NDArray[np.float64]


class EmulatedRobot:
    """The joints, what they are told, and what was wrong with it.

    Positions jump at most as far as a joint moves in two periods, grippers apart. Safe to be used
    from several threads, as the SDK is.

    Args:
        clock: Steady clock [ns].
        wait: Passes time [s] while a call moves the robot; until the end or `stop` when None.

    Attributes:
        plugged: Whether the robot is there; may be changed at any time.
        owner: Who has control; None for nobody.
        stopped: Commands are ignored.
        record: What it was told.
        lower: Smallest positions, shape (25,).
        upper: Largest positions, shape (25,).
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns,
                 wait: Callable[[float], object] | None = None) -> None:
        self.plugged, self.stopped = True, False
        self.owner: object | None = None
        self.record = Record()
        self.lower, self.upper = ALL.lower.copy(), ALL.upper.copy()
        self._clock = clock
        self._halted = threading.Event()
        self._wait = wait or self._halted.wait
        self._lock = threading.RLock()
        self._position = np.concatenate([
            HOME.get(part.name, (0.0,) * len(part.joints)) for part in PARTS])
        self._velocity = np.zeros_like(self._position)
        self._times = np.array([clock()])                 # of the desired positions
        self._desired = self._position[np.newaxis].copy()
        self._now_ns = clock()
        self._told_ns: int | None = None

    # ---- what the robot says ----
    def position(self) -> Vector:
        """Measured positions now, shape (25,)."""
        with self._lock:
            self._integrate()
            return self._position.copy()

    def velocity(self) -> Vector:
        """Measured velocities now, shape (25,) [unit/s]."""
        with self._lock:
            self._integrate()
            return self._velocity.copy()

    def desired(self) -> Vector:
        """Desired positions now, shape (25,)."""
        with self._lock:
            return self._desired_at(self._clock())

    # ---- what it is told ----
    def set_positions(self, names: Sequence[str], positions: Sequence[Sequence[float]],
                      control_way: str, use_wbc: bool, period_ns: int) -> None:
        """Go to positions at once.

        Raises:
            ValueError: They are refused.
        """
        with self._lock:
            now = self._clock()
            desired = self._desired_at(now)
            values = self._checked(names, positions)
            self._check_speed(values - desired, 2 * period_ns * 1e-9)
            if self._told_ns is not None:
                self.record.see_gap(now - self._told_ns, period_ns)
            self._told_ns = now
            self._integrate()
            self._times = np.array([now])
            self._desired = np.where(np.isnan(values), desired, values)[np.newaxis]
            self.record.accept(Command(now, now, 'set_joints_position', tuple(names), values,
                                       control_way, use_wbc))

    def move_waypoints(self, names: Sequence[str],
                       waypoints: Sequence[Sequence[Sequence[float]]],
                       times: Sequence[float], use_wbc: bool) -> None:
        """Pass waypoints at times from now [s]; return when the last one is due.

        Raises:
            ValueError: They are refused.
        """
        with self._lock:
            now = self._clock()
            rows = [self._checked(names, waypoint) for waypoint in waypoints]
            if len(times) != len(rows) or not rows or (np.diff([0.0, *times]) <= 0).any():
                self._refuse('times', f'times must be one for each of {len(rows)} waypoints, > 0 '
                             f'and increasing (0 is now and is left out), got {list(times)}')
            desired = [self._desired_at(now)]
            for row, seconds in zip(rows, np.diff([0.0, *times]), strict=True):
                self._check_speed(row - desired[-1], seconds)
                desired.append(np.where(np.isnan(row), desired[-1], row))
            self._integrate()
            self._halted.clear()
            due = [now + round(seconds * 1e9) for seconds in times]
            self._times, self._desired = np.array([now, *due]), np.array(desired)
            for row, due_ns in zip(rows, due, strict=True):
                self.record.accept(Command(now, due_ns, 'move_joints_waypoints', tuple(names), row,
                                           '', use_wbc))
        self._wait(times[-1])

    def stop(self) -> None:
        """Stay where it is, and ignore commands."""
        with self._lock:
            self._integrate()
            self._times, self._desired = np.array([self._clock()]), self._position[np.newaxis]
            self._told_ns, self.stopped = None, True
        self._halted.set()

    def restart(self) -> None:
        """Accept commands again."""
        self.stopped = False

    # ---- checks ----
    def _checked(self, names: Sequence[str], positions: Sequence[Sequence[float]]) -> Vector:
        """Positions of every joint, shape (25,); nan for those not told."""
        parts = [_BY_NAME[name] for name in names if name in _BY_NAME]
        if len(parts) != len(names) or not _in_order(parts):
            self._refuse('names', f'parts must be of {list(_BY_NAME)}, each once and in this '
                         f'order, got {list(names)}')
        told = self._joined(parts, positions)
        values = np.full(len(ALL.joints), np.nan)
        values[ALL.indices(PartList(parts).joints)] = told
        outside = np.flatnonzero((values < self.lower) | (values > self.upper))
        if len(outside):
            k = int(outside[0])
            self._refuse('limits', f'{ALL.joints[k]} must be within {self.lower[k]:g}..'
                         f'{self.upper[k]:g}, got {values[k]:g}')
        return values

    def _joined(self, parts: Sequence[Part], positions: Sequence[Sequence[float]]) -> Vector:
        try:
            return PartList(parts).join(positions)
        except (TypeError, ValueError) as error:
            self._refuse('widths', str(error))

    def _check_speed(self, way: Vector, seconds: float) -> None:
        fast = np.flatnonzero((np.abs(way) > _SPEED * seconds + 1e-9) & ~_IS_GRIPPER)
        if len(fast):
            k = int(fast[0])
            self._refuse('speed', f'{ALL.joints[k]} would move by {way[k]:g} {ALL.units[k]} '
                         f'in {seconds:g} s, its limit is {_SPEED[k]:g} {ALL.units[k]}/s')

    def _refuse(self, reason: str, text: str) -> NoReturn:
        self.record.refused[reason] += 1
        raise ValueError(text)

    # ---- motion ----
    def _desired_at(self, now_ns: int) -> Vector:
        k = int(np.searchsorted(self._times, now_ns, side='right'))
        if k in (0, len(self._times)):
            return self._desired[max(k - 1, 0)]
        start, end = self._times[k - 1:k + 1]
        share = (now_ns - start) / (end - start)
        return self._desired[k - 1] + share * (self._desired[k] - self._desired[k - 1])

    def _integrate(self) -> None:
        """Move on to now, in whole steps."""
        seconds, now = PERIOD_NS * 1e-9, self._clock()
        while self._now_ns + PERIOD_NS <= now:
            self._now_ns += PERIOD_NS
            way = self._desired_at(self._now_ns) - self._position
            self._velocity = np.clip(way * -np.expm1(-seconds / LAG) / seconds, -_SPEED, _SPEED)
            self._position = self._position + seconds * self._velocity


def _in_order(parts: Sequence[Part]) -> bool:
    """Whether parts are in the SDK's order; the torso may be last, where the SDK appends it."""
    if parts and parts[-1].name == TORSO:
        parts = sorted(parts, key=PARTS.index) if _in_order(parts[:-1]) else parts
    return list(parts) == [part for part in PARTS if part in parts]
