"""How a parameter may be declared, and whether its descriptor admits a value."""

from __future__ import annotations

import math
import warnings
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor, ParameterValue, SetParametersResult

from rclpy.impl.names import validate_parameter_name
from rclpy.parameter import Parameter

# Values this close to a range's end or step count as on it.
RELATIVE_TOLERANCE = 1e-6
ACCEPTED = SetParametersResult(successful=True)


def refused(reason: str) -> SetParametersResult:
    """A value was refused."""
    return SetParametersResult(successful=False, reason=reason)


def read_declaration(
    namespace: str, index: int, arguments: tuple[Any, ...]
) -> tuple[str, Any, ParameterDescriptor]:
    """Name, value and descriptor of one entry of `Node.declare_parameters`."""
    where = f'at index {index} in parameters list'
    if not 1 <= len(arguments) <= 3:
        raise TypeError(f'Invalid parameter tuple length {where}: {arguments}; expecting 1 to 3')
    name, value, descriptor = (*arguments, None, None)[:3]
    if not isinstance(name, str):
        raise TypeError(f'First element {name} {where} is not a str.')
    descriptor = ParameterDescriptor() if len(arguments) < 3 else descriptor
    if not isinstance(descriptor, ParameterDescriptor):
        raise TypeError(f'Third element {descriptor} {where} is not a ParameterDescriptor.')
    if namespace:
        name = f'{namespace}.{name}'
    validate_parameter_name(name)
    if len(arguments) == 1:
        warnings.warn(
            f"declaring the parameter '{name}' with its name only is deprecated: pass a default "
            f'value, a parameter type, or a descriptor with dynamic_typing=True',
            stacklevel=5,
        )
        descriptor.dynamic_typing = True
    return name, _fix_type(name, value, descriptor), descriptor


def _fix_type(name: str, value: Any, descriptor: ParameterDescriptor) -> Any:
    """Note the parameter's type in its descriptor; return its default value."""
    is_type = isinstance(value, Parameter.Type)
    if descriptor.dynamic_typing:
        if is_type:
            raise ValueError(
                f"parameter '{name}': a descriptor with dynamic_typing=True and a type exclude "
                f'each other'
            )
        return value
    if isinstance(value, ParameterValue):
        descriptor.type = value.type
    else:
        type_ = value if is_type else Parameter.Type.from_parameter_value(value)
        descriptor.type = type_.value
    if descriptor.type == Parameter.Type.NOT_SET.value:
        raise ValueError(f"parameter '{name}' cannot be statically typed with type NOT_SET")
    return None if is_type else value


def declared_parameter(name: str, value: Any, descriptor: ParameterDescriptor) -> Parameter:
    """Parameter with the value of a declaration; an empty list is of the declared type."""
    if isinstance(value, ParameterValue):
        type_ = Parameter.Type(value.type)
        return Parameter(name, type_, getattr(value, type_._field, None))
    is_empty_list = isinstance(value, list | tuple) and not value
    declared = Parameter.Type(descriptor.type)
    is_array = declared.name.endswith('_ARRAY')
    return Parameter(name, declared if is_empty_list and is_array else None, value)


def check(
    parameter: Parameter, descriptor: ParameterDescriptor, is_declared: bool
) -> SetParametersResult:
    """Refuse a value of another type than the parameter's, or outside its range and steps."""
    if descriptor.dynamic_typing:
        descriptor.type = parameter.type_.value
    elif parameter.type_ == Parameter.Type.NOT_SET:
        return refused('Static parameter cannot be undeclared') if is_declared else ACCEPTED
    elif parameter.type_.value != descriptor.type:
        return refused(
            f"Wrong parameter type, expected '{Parameter.Type(descriptor.type)}' "
            f"got '{parameter.type_}'"
        )
    if parameter.type_ == Parameter.Type.INTEGER and descriptor.integer_range:
        return _check_range(parameter, descriptor.integer_range[0])
    if parameter.type_ == Parameter.Type.DOUBLE and descriptor.floating_point_range:
        return _check_range(parameter, descriptor.floating_point_range[0])
    return ACCEPTED


def _check_range(parameter: Parameter, limits: Any) -> SetParametersResult:
    value = parameter.value
    low, high = sorted((limits.from_value, limits.to_value))
    what = f'Min: {low}, Max: {high}, value: {value}'
    if _is_close(value, low) or _is_close(value, high):
        return ACCEPTED
    if not low < value < high:
        return refused(f'Parameter {parameter.name} out of range. {what}')
    if limits.step:
        distance = value - low
        is_integer = isinstance(value, int)
        steps = distance // limits.step if is_integer else round(distance / limits.step)
        if not _is_close(low + steps * limits.step, value):
            return refused(
                f'The parameter value for {parameter.name} is not a valid step. '
                f'{what}, step: {limits.step}'
            )
    return ACCEPTED


def _is_close(value: float, other: float) -> bool:
    if isinstance(value, int):  # exactly, also where a float cannot tell two integers apart
        return value == other
    return math.isclose(value, other, rel_tol=RELATIVE_TOLERANCE)
