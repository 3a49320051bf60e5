"""Whether a parameter's descriptor admits a value."""

from __future__ import annotations

import math
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult

from rclpy.parameter import Parameter

# Values this close to a range's end or step count as on it.
RELATIVE_TOLERANCE = 1e-6


def accepted() -> SetParametersResult:
    """A value was accepted."""
    return SetParametersResult(successful=True)


def refused(reason: str) -> SetParametersResult:
    """A value was refused."""
    return SetParametersResult(successful=False, reason=reason)


def check_type(
    parameter: Parameter, descriptor: ParameterDescriptor, is_declared: bool
) -> SetParametersResult | None:
    """Refuse a value of another type than the parameter's; None: it is right."""
    if descriptor.dynamic_typing:
        descriptor.type = parameter.type_.value
    elif parameter.type_ == Parameter.Type.NOT_SET:
        if is_declared:
            return refused('Static parameter cannot be undeclared')
    elif parameter.type_.value != descriptor.type:
        return refused(
            f"Wrong parameter type, expected '{Parameter.Type(descriptor.type)}' "
            f"got '{parameter.type_}'"
        )
    return None


def check_range(parameter: Parameter, descriptor: ParameterDescriptor) -> SetParametersResult:
    """Refuse a number outside the parameter's range or between its steps."""
    if parameter.type_ == Parameter.Type.INTEGER and descriptor.integer_range:
        return _check_integer(parameter, descriptor.integer_range[0])
    if parameter.type_ == Parameter.Type.DOUBLE and descriptor.floating_point_range:
        return _check_double(parameter, descriptor.floating_point_range[0])
    return accepted()


def _check_integer(parameter: Parameter, limits: Any) -> SetParametersResult:
    low, high = sorted((limits.from_value, limits.to_value))
    if parameter.value in (low, high):
        return accepted()
    if not low < parameter.value < high:
        return refused(
            f'Parameter {parameter.name} out of range. '
            f'Min: {low}, Max: {high}, value: {parameter.value}'
        )
    if limits.step != 0 and (parameter.value - low) % limits.step != 0:
        return refused(
            f'The parameter value for {parameter.name} is not a valid step. '
            f'Min: {low}, max: {high}, value: {parameter.value}, step: {limits.step}'
        )
    return accepted()


def _check_double(parameter: Parameter, limits: Any) -> SetParametersResult:
    low, high = sorted((limits.from_value, limits.to_value))
    if any(math.isclose(parameter.value, end, rel_tol=RELATIVE_TOLERANCE) for end in (low, high)):
        return accepted()
    if not low < parameter.value < high:
        return refused(
            f'Parameter {parameter.name} out of range '
            f'Min: {low}, Max: {high}, value: {parameter.value}'
        )
    if limits.step != 0.0:
        nearest = low + round((parameter.value - low) / limits.step) * limits.step
        if not math.isclose(nearest, parameter.value, rel_tol=RELATIVE_TOLERANCE):
            return refused(
                f'The parameter value for {parameter.name} is not close enough to a valid step. '
                f'Min: {low}, max: {high}, value: {parameter.value}, step: {limits.step}'
            )
    return accepted()
