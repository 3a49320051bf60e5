"""A simulator whose cameras are rendered for those who look: the policy, and a film. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import EpisodeStart, Reading, Simulator

EVERY = 4
"""Control steps from one frame of a film to the next."""


class Watched:
    """Renders only what somebody looks at: images take longer than the physics.

    Args:
        simulator: To be watched.
        images: Whether the policy looks at images.
    """

    def __init__(self, simulator: Simulator, *, images: bool) -> None:
        self._simulator, self.spec = simulator, simulator.spec
        self.images = images
        self.filming = False
        self.frames: list[NDArray[np.uint8]] = []
        self.steps: int | None = None

    def connect(self) -> None:
        """Load the task."""
        self._simulator.connect()

    def reset(self, init_state: int, seed: int) -> EpisodeStart:
        """Begin an episode, and a film if ``filming``; ``steps`` is None if that fails."""
        self.steps, self.frames = None, []
        start = self._simulator.reset(init_state, seed)
        self.steps = 0
        self._look()
        return start

    def read(self, *, cameras: bool) -> Reading:
        """Return the state, with images if the policy looks at them."""
        return self._simulator.read(cameras=cameras and self.images)

    def write(self, action: NDArray[np.float64]) -> None:
        """Apply an action."""
        self._simulator.write(action)
        self._advanced()

    def hold(self) -> None:
        """Let one control step pass."""
        self._simulator.hold()
        self._advanced()

    def stop(self) -> None:
        """Stop the robot."""
        self._simulator.stop()

    def success(self) -> bool:
        """Whether the task's own goal check holds now."""
        return self._simulator.success()

    def disconnect(self) -> None:
        """Let go of the simulator."""
        self._simulator.disconnect()

    def _advanced(self) -> None:
        self.steps = (self.steps or 0) + 1
        if self.steps % EVERY == 0:
            self._look()

    def _look(self) -> None:
        """Take a frame of the first camera."""
        if self.filming:
            self.frames += list(self._simulator.read(cameras=True).images.values())[:1]
