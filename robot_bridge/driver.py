"""What a robot is to the bridge: connect, read, write, stop, disconnect. Simulators add reset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rclpy.node import Node


class DriverError(RuntimeError):
    """A robot cannot be used; the message names what failed and the remedy."""


@dataclass(frozen=True, slots=True)
class DriverSpec:
    """What a driver says of itself.

    Attributes:
        name: Kind of driver, e.g. mock or libero.
        action_names: D columns that ``write`` takes, in this order.
        action_units: D units of these columns.
        lower: Smallest value of each column, shape (D,).
        upper: Largest value of each column, shape (D,).
        rate: Control rate that the robot wants [Hz].
        commands_positions: Columns that are named like joints are commanded as positions of these
            joints; false for increments, velocities and poses.
    """

    name: str
    action_names: tuple[str, ...]
    action_units: tuple[str, ...]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    rate: float
    commands_positions: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What a robot reports of one instant.

    Attributes:
        joint_names: J joint names.
        positions: [rad] or [m], shape (J,).
        velocities: [rad/s] or [m/s], shape (J,); empty when not measured.
        images: Camera name -> (H, W, 3) uint8 RGB, upright; empty unless cameras were asked for.
        poses: Frame name -> (7,) x y z qx qy qz qw in the robot's base frame [m, -].
        published: The robot's own nodes publish the joints; the bridge must not do it again.
    """

    joint_names: tuple[str, ...]
    positions: NDArray[np.float64]
    velocities: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    images: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    poses: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    published: bool = False


class Driver(Protocol):
    """A robot. Used from one thread; every method may raise `DriverError`."""

    spec: DriverSpec

    def connect(self) -> None:
        """Open the robot; it does not move."""

    def read(self, *, cameras: bool) -> Reading:
        """Return the robot's state now, with images only when ``cameras`` is true."""

    def write(self, action: NDArray[np.float64]) -> None:
        """Command one action, shape (D,), within ``spec.lower`` and ``spec.upper``."""

    def hold(self) -> None:
        """Command no motion for one control step: keep the pose and the grip."""

    def stop(self) -> None:
        """Stop now and stay safe until the next ``write``."""

    def disconnect(self) -> None:
        """Stop and let go of the robot; ``connect`` may follow."""


class Level(Enum):
    """How serious something is."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """How one part of a robot is.

    Attributes:
        name: The part, e.g. a joint.
        level: How serious it is.
        message: In a few words.
        values: What was measured, name -> value with unit.
    """

    name: str
    level: Level
    message: str
    values: Mapping[str, str]


@runtime_checkable
class Reconnecting(Protocol):
    """A driver that need not let go of its robot to open it anew."""

    def reconnect(self) -> None:
        """Open the robot after a failure; it stays as `Driver.stop` left it."""


@runtime_checkable
class Monitored(Protocol):
    """A driver that knows how the parts of its robot are."""

    def health(self) -> Sequence[DeviceHealth]:
        """What is known now, without asking the robot; shown on /diagnostics."""


@runtime_checkable
class RosDriver(Protocol):
    """A driver that reaches its robot over ROS topics, through the bridge's node.

    The bridge calls `attach` right after ``create``, before it looks at ``spec``, and `detach`
    after the last ``disconnect``. In between the driver may make publishers and subscriptions in
    the node's default callback group: then no callback runs while a method of the driver does, and
    it needs no locks. Nor do callbacks run while a method waits.
    """

    def attach(self, node: Node) -> None:
        """Use this node from now on."""

    def detach(self) -> None:
        """Destroy everything that was made on the node."""


@runtime_checkable
class PathPreview(Protocol):
    """A driver that knows where actions lead."""

    def path(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Way of the end effector in the world frame [m], shape (N, 3), for rows (N, D)."""


@runtime_checkable
class PartlyCommanded(Protocol):
    """A driver that can leave some of its columns to itself; it holds them."""

    def command_only(self, names: Sequence[str]) -> None:
        """Take only these columns, named in any order, from now on; before ``connect``.

        Raises:
            ParameterError: They are no columns, or not enough of them.
        """


@dataclass(frozen=True, slots=True)
class EpisodeStart:
    """What a simulator says of the episode it was reset to.

    Attributes:
        suite: Benchmark suite.
        task_id: Task within the suite.
        task: Instruction for the policy.
        goal: Goal predicates in the simulator's own words, for scripted experts.
        init_state: Initial state within the task.
        scene: Body name -> points on its collision geometry in its own frame [m], shape (N, 3).
    """

    suite: str
    task_id: int
    task: str
    goal: str
    init_state: int
    scene: Mapping[str, NDArray[np.float64]]


@runtime_checkable
class Simulator(Driver, Protocol):
    """A driver whose world can be reset; ``write`` and ``hold`` advance it by one control step."""

    def reset(self, init_state: int, seed: int) -> EpisodeStart:
        """Begin an episode; the same arguments give the same episode on every machine.

        Args:
            init_state: Which of the task's initial states; -1 draws one with the seed.
            seed: Of everything random.
        """

    def success(self) -> bool:
        """Whether the task's own goal check holds now."""
