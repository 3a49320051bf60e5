"""Disturbs a simulated robot, so that demonstrations show how to get back on course. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import EpisodeStart, Reading, Simulator


@dataclass(frozen=True, slots=True)
class Disturbance:
    """How strongly commands are disturbed; units are those of the columns.

    Attributes:
        drift: Standard deviation of a slowly changing offset on every motion column.
        memory: How much of the offset is left after one control step, 0..1.
        kicks: Pushes per control step: a strong offset that lasts for a while.
        kick: Largest size of a push in each motion column.
        slips: Gripper commands per control step that are turned round for a while.
    """

    drift: float = 0.0
    memory: float = 0.8
    kicks: float = 0.0
    kick: float = 0.8
    slips: float = 0.0


_KICK_STEPS = (3, 9)
_SLIP_STEPS = (4, 10)


class Disturbed:
    """A simulator whose robot does not quite do what it is told.

    Args:
        simulator: Columns before the last one are motions, the last one is the gripper; all of
            them within -1..1.
        disturbance: How strongly; may be replaced between episodes.
    """

    def __init__(self, simulator: Simulator, disturbance: Disturbance) -> None:
        self._simulator, self.spec = simulator, simulator.spec
        self.disturbance = disturbance
        self._random = np.random.default_rng(0)
        self._forget()

    def reset(self, init_state: int, seed: int) -> EpisodeStart:
        """Begin an episode; the same arguments give the same disturbances."""
        self._random = np.random.default_rng([seed, init_state + 1])
        self._forget()
        return self._simulator.reset(init_state, seed)

    def write(self, action: NDArray[np.float64]) -> None:
        """Apply a disturbed action."""
        self._simulator.write(np.clip(self._disturbed(action), -1.0, 1.0))

    def connect(self) -> None:
        """Load the task."""
        self._simulator.connect()

    def read(self, *, cameras: bool) -> Reading:
        """Return the undisturbed truth."""
        return self._simulator.read(cameras=cameras)

    def hold(self) -> None:
        """Let one control step pass."""
        self._simulator.hold()

    def stop(self) -> None:
        """Stop the robot."""
        self._simulator.stop()

    def success(self) -> bool:
        """Whether the task's own goal check holds now."""
        return self._simulator.success()

    def disconnect(self) -> None:
        """Let go of the simulator."""
        self._simulator.disconnect()

    def _forget(self) -> None:
        self._offset = np.zeros(len(self.spec.action_names) - 1)
        self._push = np.zeros_like(self._offset)
        self._push_left = self._slip_left = 0

    def _disturbed(self, action: NDArray[np.float64]) -> NDArray[np.float64]:
        d, random = self.disturbance, self._random
        fresh = random.normal(size=len(self._offset)) * d.drift
        self._offset = d.memory * self._offset + np.sqrt(1 - d.memory**2) * fresh
        if random.random() < d.kicks:
            self._push = random.uniform(-d.kick, d.kick, len(self._push))
            self._push_left = int(random.integers(*_KICK_STEPS))
        if random.random() < d.slips:
            self._slip_left = int(random.integers(*_SLIP_STEPS))
        motion = action[:-1] + self._offset + (self._push if self._push_left else 0.0)
        gripper = -action[-1] if self._slip_left else action[-1]
        self._push_left, self._slip_left = max(0, self._push_left - 1), max(0, self._slip_left - 1)
        return np.append(motion, gripper)
