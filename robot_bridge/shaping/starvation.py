"""Where to go while there is nothing to execute, and the way back to the rows.

A behaviour is started with the last targets and then asked once per tick for the next target;
limits come behind it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot_bridge.shaping.errors import ShapingError

BEHAVIORS = ('hold', 'decay', 'safe_pose')


class Behavior(Protocol):
    """What to do while starved, other than to hold."""

    def start(self, position: NDArray[np.float64], velocity: NDArray[np.float64]) -> None:
        """Begin.

        Args:
            position: Last target, shape (D,) [column's unit].
            velocity: Velocity of the targets before, shape (D,) [unit/s].
        """

    def tick(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Next target and its velocity, each of shape (D,)."""


class DecayToStop:
    """Go on with a velocity that decays exponentially; moves by ``velocity * time`` in all.

    Args:
        time: Time constant [s], > 0.
        tick_ns: Spacing of the ticks [ns].
        held: Columns that stay instead, such as grippers, shape (D,).
    """

    def __init__(self, time: float, tick_ns: int, held: NDArray[np.bool_]) -> None:
        if not time > 0:
            raise ShapingError(f'decay_time must be > 0 s, got {time:g}')
        self._kept = float(np.exp(-tick_ns * 1e-9 / time))
        self._time = time
        self._moves = ~held

    def start(self, position: NDArray[np.float64], velocity: NDArray[np.float64]) -> None:
        """Begin, see `Behavior.start`."""
        self._velocity = velocity * self._moves
        self._end = position + self._velocity * self._time

    def tick(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Next target and its velocity, each of shape (D,)."""
        self._velocity = self._velocity * self._kept
        return self._end - self._velocity * self._time, self._velocity


class RampToSafePose:
    """Wait, then go to a safe pose with minimum jerk and stay there.

    Args:
        pose: Where to go, shape (D,) [column's unit]; nan for columns that stay.
        delay: How long to wait before [s], >= 0: most starvation is short.
        time: How long the way takes [s], > 0.
        tick_ns: Spacing of the ticks [ns].
    """

    def __init__(self, pose: NDArray[np.float64], delay: float, time: float,
                 tick_ns: int) -> None:
        if not delay >= 0:
            raise ShapingError(f'safe_pose_delay must be >= 0 s, got {delay:g}')
        self._pose = pose
        self._delay_ns = round(delay * 1e9)
        self._tick_ns = tick_ns
        self._ramp = MinimumJerk(time)

    def start(self, position: NDArray[np.float64], velocity: NDArray[np.float64]) -> None:
        """Begin, see `Behavior.start`."""
        self._position = position
        self._way = np.where(np.isnan(self._pose), 0.0, self._pose - position)
        self._elapsed_ns = 0

    def tick(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Next target and its velocity, each of shape (D,)."""
        self._elapsed_ns += self._tick_ns
        share, rate = self._ramp.at(self._elapsed_ns - self._delay_ns)
        return self._position + share * self._way, rate * self._way


class Recovery:
    """The way back: what the rows are away from the last target fades out, so nothing jumps.

    Args:
        time: How long it takes [s], > 0.
        tick_ns: Spacing of the ticks [ns].
    """

    def __init__(self, time: float, tick_ns: int) -> None:
        self._ramp = MinimumJerk(time)
        self._time_ns, self._tick_ns = round(time * 1e9), tick_ns
        self._offset: NDArray[np.float64] | None = None

    def start(self, offset: NDArray[np.float64]) -> None:
        """Begin, see `tick`.

        Args:
            offset: Last target minus the one that the rows give now, shape (D,) [column's unit].
        """
        self._offset = offset
        self._elapsed_ns = 0

    @property
    def active(self) -> bool:
        """Whether an offset still fades."""
        return self._offset is not None

    def stop(self) -> None:
        """Leave it: nothing fades any more."""
        self._offset = None

    def tick(self, position: NDArray[np.float64], velocity: NDArray[np.float64]
             ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Target and velocity on the way back, each of shape (D,), from those of the rows."""
        if self._offset is None:
            return position, velocity
        share, rate = self._ramp.at(self._elapsed_ns)
        position = position + (1.0 - share) * self._offset
        velocity = velocity - rate * self._offset
        self._elapsed_ns += self._tick_ns
        if self._elapsed_ns >= self._time_ns:
            self._offset = None
        return position, velocity


class MinimumJerk:
    """Goes from 0 to 1 with zero velocity and acceleration at both ends.

    Args:
        time: How long it takes [s], > 0.

    Source:
        Flash and Hogan 1985, doi:10.1523/JNEUROSCI.05-07-01688.1985.
    """

    def __init__(self, time: float) -> None:
        if not time > 0:
            raise ShapingError(f'a ramp must take > 0 s, got {time:g}')
        self._time = time

    def at(self, elapsed_ns: int) -> tuple[float, float]:
        """Share of the way [0..1] and its rate [1/s]; still before the start and after the end."""
        x = elapsed_ns * 1e-9 / self._time
        if x <= 0.0:
            return 0.0, 0.0
        if x >= 1.0:
            return 1.0, 0.0
        return x**3 * (10.0 + x * (6.0 * x - 15.0)), 30.0 * (x * (1.0 - x))**2 / self._time
