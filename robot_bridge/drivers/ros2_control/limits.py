"""What the parameters and the robot description say of the joints. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverSpec
from robot_bridge.drivers.ros2_control.parameters import Params
from robot_bridge.urdf import RobotModel
from segue_core.parameters import ParameterError

UNITS = ('rad', 'm')


def needs_description(params: Params) -> bool:
    """Whether the limits or the tip link are those of a robot description."""
    return not (params.lower and params.upper) or bool(params.tip_link)


def joint_units(params: Params) -> tuple[str, ...]:
    """Unit of each joint.

    Raises:
        ParameterError: No joints, a joint twice, or wrong units.
    """
    joints, units = params.joints, params.units or ('rad',)
    if not joints:
        raise ParameterError('ros2_control.joints is empty; list the joints of the controller')
    if len(set(joints)) != len(joints):
        raise ParameterError(f'ros2_control.joints must be unique, got {list(joints)}')
    if len(units) not in (1, len(joints)) or not set(units) <= set(UNITS):
        raise ParameterError('ros2_control.units must be rad or m, one for all or one for each of '
                             f'{len(joints)} joints, got {list(units)}')
    return units if len(units) == len(joints) else units * len(joints)


def make_spec(params: Params, model: RobotModel | None) -> DriverSpec:
    """Say what the robot is.

    Args:
        params: The driver's.
        model: The robot description; None where it is not needed.

    Raises:
        ParameterError: The limits are not usable.
    """
    lower, upper = (_given(values, name, params.joints) if values
                    else _described(model, name, params.joints)
                    for name, values in (('lower', params.lower), ('upper', params.upper)))
    for joint, low, high in zip(params.joints, lower, upper, strict=True):
        if not low < high:
            raise ParameterError(f'joint {joint} must have lower < upper, got {low:g} and '
                                 f'{high:g}: set ros2_control.lower and .upper')
    return DriverSpec(name='ros2_control', action_names=params.joints,
                      action_units=joint_units(params), lower=lower, upper=upper,
                      rate=params.rate)


def _given(values: Sequence[float], name: str, joints: Sequence[str]) -> NDArray[np.float64]:
    try:
        limits = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        limits = np.empty(0)
    if limits.shape != (len(joints),) or not np.isfinite(limits).all():
        raise ParameterError(f'ros2_control.{name} must be {len(joints)} numbers, one for each '
                             f'joint, got {list(values)}')
    return limits


def _described(model: RobotModel | None, name: str, joints: Sequence[str]
               ) -> NDArray[np.float64]:
    known = model.joints if model else {}
    limits = []
    for joint in joints:
        if joint not in known:
            raise ParameterError(f'the robot description has no joint {joint!r}; it has: '
                                 f'{", ".join(known)}')
        limits.append(known[joint].lower if name == 'lower' else known[joint].upper)
        if not np.isfinite(limits[-1]):
            raise ParameterError(f'the robot description has no limits of joint {joint!r}: set '
                                 'ros2_control.lower and .upper')
    return np.array(limits)
