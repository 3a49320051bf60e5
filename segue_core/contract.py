"""The contract: which topics feed which policy features, and what the columns of an action are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from segue_core.parameters import ParameterError, param

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED_IMAGE = 'sensor_msgs/msg/CompressedImage'
JOINT_STATE = 'sensor_msgs/msg/JointState'
POSE = 'geometry_msgs/msg/PoseStamped'
TRANSFORMS = 'tf2_msgs/msg/TFMessage'
MARKERS = 'visualization_msgs/msg/MarkerArray'
MARKER = 'visualization_msgs/msg/Marker'
IMAGES = (IMAGE, COMPRESSED_IMAGE)

LATCHED = (MARKERS,)
"""Published once, valid until the next one; all other types are samples of one instant."""

IMAGE_DEPTH, VECTOR_DEPTH = 10, 512
"""Samples that are kept of a camera and of anything small: a third of a second at 30 Hz, two
seconds at 250 Hz, so that a request that was held up still finds those of its instant."""

PLACEHOLDER = 'EDIT_'
"""How names begin that a person has to replace, in files of `ros2 run segue policy info`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractParams:
    """Parameters ``contract.*``, the same for both nodes."""

    control_rate: float = param(30.0, 'Control steps per second.', unit='Hz', low=0.1, high=1000.0)
    observations: tuple[str, ...] = param(
        (), 'Names of the observed inputs; each has parameters contract.<name>.topic, .type, '
        '.feature, .names and .rotate.')
    actions: tuple[str, ...] = param((), 'Action column names, in the order of the policy.')
    action_units: tuple[str, ...] = param((), 'Unit of each action column.')


@dataclass(frozen=True, slots=True, kw_only=True)
class InputParams:
    """Parameters ``contract.<name>.*``: one observed input."""

    topic: str = param('', 'Topic to subscribe to.')
    type: str = param(IMAGE, 'Message type of the topic.', choices=(
        IMAGE, COMPRESSED_IMAGE, JOINT_STATE, POSE, TRANSFORMS, MARKERS, MARKER))
    feature: str = param('', 'Policy feature that it feeds; the name of the input when empty. '
                         'Vectors of the same feature are joined in the order of '
                         'contract.observations.')
    names: tuple[str, ...] = param(
        (), 'Joint names for a JointState (position; add /velocity or /effort for those), '
        'components out of x y z qx qy qz qw rx ry rz for a PoseStamped (r: rotation vector, '
        'as long as the angle of the quaternion, 0..2 pi).')
    rotate: int = param(0, 'Images only: turn them clockwise by 0, 90, 180 or 270, for a camera '
                        'that is not mounted upright.', unit='deg', low=0, high=270)


@dataclass(frozen=True, slots=True)
class Input:
    """One observed input.

    Attributes:
        name: Name in ``contract.observations``.
        topic: ROS topic.
        type: Message type, e.g. sensor_msgs/msg/Image.
        feature: Policy feature that it feeds.
        names: Which joints or components, in order; empty for types without.
        rotate: By how much images are turned clockwise [deg], a multiple of 90.
    """

    name: str
    topic: str
    type: str
    feature: str
    names: tuple[str, ...]
    rotate: int = 0

    @property
    def latched(self) -> bool:
        """Whether a value stays valid until the next one arrives."""
        return self.type in LATCHED

    @property
    def depth(self) -> int:
        """How many samples whoever observes it keeps."""
        return 1 if self.latched else IMAGE_DEPTH if self.type in IMAGES else VECTOR_DEPTH


@dataclass(frozen=True, slots=True)
class Contract:
    """What flows between robot and policy.

    Attributes:
        step_ns: One control step [ns].
        inputs: What the policy observes, in order.
        action_names: D columns of an action.
        action_units: D units.
    """

    step_ns: int
    inputs: tuple[Input, ...]
    action_names: tuple[str, ...]
    action_units: tuple[str, ...]

    @property
    def features(self) -> dict[str, int]:
        """Policy features, and how many columns each has; 0 for images, poses and markers."""
        columns: dict[str, int] = {}
        for i in self.inputs:
            columns[i.feature] = columns.get(i.feature, 0) + len(i.names)
        return columns

    def narrowed(self, features: Collection[str]) -> Contract:
        """The contract with the inputs of some features and no others."""
        return replace(self, inputs=tuple(i for i in self.inputs if i.feature in features))

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is possible but hardly meant: joints observed in other units or another order."""
        found = []
        for i in self.inputs:
            if i.type != JOINT_STATE:
                continue
            if set(i.names) == set(self.action_names) and i.names != self.action_names:
                found.append(f'contract.{i.name}.names and contract.actions have the same joints '
                             'in different order')
            unlike = [(name, action) for name in i.names for action in self.action_names
                      if name != action and '/' not in name
                      and name.partition('.')[0] == action.partition('.')[0]]
            if unlike:
                found.append(f'contract.{i.name}.names has {unlike[0][0]}, contract.actions '
                             f'{unlike[0][1]}: are both in the units that the policy knows?')
        return tuple(found)

    @classmethod
    def from_params(cls, params: ContractParams, inputs: dict[str, InputParams]) -> Contract:
        """Check the parameters against each other and make the contract.

        Args:
            params: ``contract.*``.
            inputs: Input name -> ``contract.<name>.*``, one for each of ``params.observations``.

        Raises:
            ParameterError: A list has the wrong length, a topic or name is missing or still a
                placeholder, or a rotation is not possible.
        """
        if len(params.actions) != len(params.action_units):
            raise ParameterError(
                f'contract.action_units must have one entry for each of contract.actions '
                f'({len(params.actions)}), got {len(params.action_units)}')
        _refuse_placeholders('contract.actions', params.actions)
        _refuse_placeholders('contract.action_units', params.action_units)
        if len(set(params.actions)) != len(params.actions):
            raise ParameterError(f'contract.actions must be unique, got {list(params.actions)}')
        return cls(
            step_ns=round(1e9 / params.control_rate),
            inputs=tuple(_input(name, inputs[name]) for name in params.observations),
            action_names=params.actions, action_units=params.action_units)


def _input(name: str, p: InputParams) -> Input:
    if not p.topic:
        raise ParameterError(f'contract.{name}.topic is empty; name the topic that feeds it')
    if p.type in (JOINT_STATE, POSE) and not p.names:
        raise ParameterError(f'contract.{name}.names is empty; name the values to take from a '
                             f'{p.type}')
    _refuse_placeholders(f'contract.{name}.names', p.names)
    if p.rotate % 90:
        raise ParameterError(f'contract.{name}.rotate must be 0, 90, 180 or 270 deg, got '
                             f'{p.rotate}')
    if p.rotate and p.type not in IMAGES:
        raise ParameterError(f'contract.{name}.rotate turns images; a {p.type} cannot be turned: '
                             'leave it out')
    return Input(name=name, topic=p.topic, type=p.type, feature=p.feature or name, names=p.names,
                 rotate=p.rotate)


def _refuse_placeholders(parameter: str, names: tuple[str, ...]) -> None:
    for name in names:
        if str(name).startswith(PLACEHOLDER):
            raise ParameterError(f'{parameter} still has the placeholder {name}; put what the '
                                 "policy's training data has in its place")
