"""Which inputs of a contract are the robot's state and which are cameras. Pure."""

from __future__ import annotations

from segue_core.contract import IMAGES, JOINT_STATE, POSE, Contract, Input

STATE = 'state'


def camera_inputs(contract: Contract) -> tuple[Input, ...]:
    """Inputs that are images."""
    return tuple(i for i in contract.inputs if i.type in IMAGES)


def vector_inputs(contract: Contract) -> tuple[Input, ...]:
    """Inputs that are numbers in a fixed order."""
    return tuple(i for i in contract.inputs if i.type in (JOINT_STATE, POSE))


def state_inputs(contract: Contract) -> tuple[Input, ...]:
    """Inputs of the feature ``state`` or ``observation.state``; all vectors without one."""
    vectors = vector_inputs(contract)
    return tuple(i for i in vectors if i.feature.rpartition('.')[2] == STATE) or vectors


def column_names(inputs: tuple[Input, ...]) -> tuple[str, ...]:
    """Names of the joined columns of some inputs; poses with their input's name before them."""
    return tuple(f'{i.name}.{name}' if i.type == POSE else name for i in inputs for name in i.names)
