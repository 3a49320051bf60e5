"""Exceptions that rclpy raises.

Exception
├── NotInitializedException
├── NoTypeSupportImportedException
├── NameValidationException
│   ├── InvalidNamespaceException, InvalidNodeNameException
│   └── InvalidTopicNameException, InvalidServiceNameException
├── ParameterException
│   ├── ParameterNotDeclaredException, ParameterAlreadyDeclaredException
│   ├── InvalidParameterException, InvalidParameterTypeException, InvalidParameterValueException
│   └── ParameterImmutableException, ParameterUninitializedException
├── ROSInterruptException
└── RuntimeError
    └── InvalidHandle
"""

from __future__ import annotations

from typing import Any

from rclpy._rclpy_pybind11 import InvalidHandle as InvalidHandle


class NotInitializedException(Exception):
    """rclpy.init() was not called, or the context was shut down."""

    def __init__(self, message: str | None = None) -> None:
        suffix = f' msg:{message}' if message else ''
        super().__init__(f'rclpy.init() has not been called.{suffix}')


class NoTypeSupportImportedException(Exception):
    """An object that is no ROS interface type was used as one."""

    def __init__(self) -> None:
        super().__init__('no type_support imported')


class NameValidationException(Exception):
    """A name breaks the rules; the message points at the character."""

    def __init__(self, name_type: str, name: str, error_msg: str, invalid_index: int) -> None:
        super().__init__(
            f"Invalid {name_type}: {error_msg}:\n  '{name}'\n   {' ' * invalid_index}^"
        )


class InvalidNamespaceException(NameValidationException):
    """A namespace breaks the rules."""

    def __init__(self, name: str, error_msg: str, invalid_index: int) -> None:
        super().__init__('namespace', name, error_msg, invalid_index)


class InvalidNodeNameException(NameValidationException):
    """A node name breaks the rules."""

    def __init__(self, name: str, error_msg: str, invalid_index: int) -> None:
        super().__init__('node name', name, error_msg, invalid_index)


class InvalidTopicNameException(NameValidationException):
    """A topic name breaks the rules."""

    def __init__(self, name: str, error_msg: str, invalid_index: int) -> None:
        super().__init__('topic name', name, error_msg, invalid_index)


class InvalidServiceNameException(NameValidationException):
    """A service name breaks the rules."""

    def __init__(self, name: str, error_msg: str, invalid_index: int) -> None:
        super().__init__('service name', name, error_msg, invalid_index)


class ParameterException(Exception):
    """Base of the errors of parameters."""

    def __init__(self, error_msg: str, parameters: str | list[str]) -> None:
        super().__init__(f'{error_msg}: {parameters}')


class ParameterNotDeclaredException(ParameterException):
    """A parameter was used before it was declared."""

    def __init__(self, parameters: str | list[str]) -> None:
        super().__init__('Invalid access to undeclared parameter(s)', parameters)


class ParameterAlreadyDeclaredException(ParameterException):
    """A parameter was declared twice."""

    def __init__(self, parameters: str | list[str]) -> None:
        super().__init__('Parameter(s) already declared', parameters)


class InvalidParameterException(ParameterException):
    """A parameter name is empty."""

    def __init__(self, parameter_name: str) -> None:
        super().__init__('Invalid parameter name', parameter_name)


class InvalidParameterTypeException(ParameterException):
    """A parameter was given a value of another type than its own."""

    def __init__(self, desired_parameter: Any, expected_type: Any) -> None:
        from rclpy.parameter import Parameter

        value = desired_parameter.value
        super().__init__(
            f"Trying to set parameter '{desired_parameter.name}' to '{value}' "
            f"of type '{Parameter.Type.from_parameter_value(value).name}', "
            f"expecting type '{expected_type}'",
            desired_parameter.name,
        )


class InvalidParameterValueException(ParameterException):
    """A parameter's value was refused by its range or by a callback."""

    def __init__(self, parameter: str, value: Any, reason: str) -> None:
        super().__init__(
            f'Invalid parameter value ({value}) for parameter. Reason: {reason}', parameter
        )


class ParameterImmutableException(ParameterException):
    """A read-only parameter was to be changed."""

    def __init__(self, parameter_name: str) -> None:
        super().__init__('Attempted to modify read-only parameter', parameter_name)


class ParameterUninitializedException(ParameterException):
    """A parameter was declared with a type only and has no value yet."""

    def __init__(self, parameter_name: str) -> None:
        super().__init__(f"The parameter '{parameter_name}' is not initialized", parameter_name)


class ROSInterruptException(Exception):
    """rclpy.shutdown() was called during a sleep."""

    def __init__(self) -> None:
        super().__init__('rclpy.shutdown() has been called')
