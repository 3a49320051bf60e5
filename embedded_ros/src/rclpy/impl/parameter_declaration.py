"""The entries of `Node.declare_parameters`."""

from __future__ import annotations

import warnings
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor, ParameterType, ParameterValue

from rclpy.parameter import Parameter
from rclpy.validate_parameter_name import validate_parameter_name


def read_declaration(
    namespace: str, index: int, arguments: tuple[Any, ...]
) -> tuple[str, Any, ParameterDescriptor]:
    """Name, value and descriptor of one entry of `declare_parameters`."""
    if not 1 <= len(arguments) <= 3:
        raise TypeError(
            f'Invalid parameter tuple length at index {index} in parameters list: {arguments}; '
            f'expecting length between 1 and 3'
        )
    name = arguments[0]
    if not isinstance(name, str):
        raise TypeError(f'First element {name} at index {index} in parameters list is not a str.')
    if namespace:
        name = f'{namespace}.{name}'
    validate_parameter_name(name)
    value = arguments[1] if len(arguments) > 1 else None
    descriptor = arguments[2] if len(arguments) > 2 else ParameterDescriptor()
    if not isinstance(descriptor, ParameterDescriptor):
        raise TypeError(
            f'Third element {descriptor} at index {index} in parameters list '
            f'is not a ParameterDescriptor.'
        )
    if len(arguments) == 1:
        warnings.warn(
            f"when declaring parameter named '{name}', declaring a parameter only providing its "
            f'name is deprecated. You have to either:\n'
            f'\t- Pass a name and a default value different to "PARAMETER NOT SET" '
            f'(and optionally a descriptor).\n'
            f'\t- Pass a name and a parameter type.\n'
            f'\t- Pass a name and a descriptor with `dynamic_typing=True',
            stacklevel=5,
        )
        descriptor.dynamic_typing = True
    return name, _fix_type(name, value, descriptor), descriptor


def _fix_type(name: str, value: Any, descriptor: ParameterDescriptor) -> Any:
    """Note the parameter's type in its descriptor; return its default value."""
    if isinstance(value, Parameter.Type):
        if value == Parameter.Type.NOT_SET:
            raise ValueError(
                f'Cannot declare parameter {{{name}}} as statically typed of type NOT_SET'
            )
        if descriptor.dynamic_typing:
            raise ValueError(
                f'When declaring parameter {{{name}}} passing a descriptor with'
                f'`dynamic_typing=True` is not allowed when the parameter type is provided'
            )
        descriptor.type = value.value
        return None
    if not descriptor.dynamic_typing:
        is_message = isinstance(value, ParameterValue)
        descriptor.type = (
            value.type if is_message else Parameter.Type.from_parameter_value(value).value
        )
        if descriptor.type == ParameterType.PARAMETER_NOT_SET:
            raise ValueError(
                'Cannot declare a statically typed parameter with default value of type '
                'PARAMETER_NOT_SET'
            )
    return value


def declared_type(value: Any, descriptor: ParameterDescriptor) -> Parameter.Type | None:
    """Type of a value; an empty list is of the declared type."""
    declared = Parameter.Type(descriptor.type)
    is_empty_array = isinstance(value, list | tuple) and not value
    return declared if is_empty_array and declared.name.endswith('_ARRAY') else None
