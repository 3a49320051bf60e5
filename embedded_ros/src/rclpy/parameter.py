"""Parameters: a name, a type and a value."""

from __future__ import annotations

import array
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import yaml

from embedded_ros import yaml_text
from rclpy.impl.parameter_files import load_parameter_file

if TYPE_CHECKING:
    from rcl_interfaces.msg import Parameter as ParameterMsg
    from rcl_interfaces.msg import ParameterValue

PARAMETER_SEPARATOR_STRING = '.'

_SCALARS = (bool, int, float, str)
_ARRAYS = (bytes, bool, int, float, str)


def _is(kind: type, value: Any) -> bool:
    """isinstance, but a bool is no int."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter of a node; it does not change.

    Attributes:
        name: Name; dots make a hierarchy.
        type_: Type; default that of the value.
        value: Value, None for NOT_SET.

    Raises:
        TypeError: No parameter can have that value, or `type_` is no type.
        ValueError: Type and value do not agree.
    """

    class Type(Enum):
        """What a parameter's value is."""

        NOT_SET = 0
        BOOL = 1
        INTEGER = 2
        DOUBLE = 3
        STRING = 4
        BYTE_ARRAY = 5
        BOOL_ARRAY = 6
        INTEGER_ARRAY = 7
        DOUBLE_ARRAY = 8
        STRING_ARRAY = 9

        @classmethod
        def from_parameter_value(cls, parameter_value: Any) -> Parameter.Type:
            """Type of a Python value; an empty list is a BYTE_ARRAY.

            Raises:
                TypeError: No parameter can have that value.
            """
            if parameter_value is None:
                return cls.NOT_SET
            for number, kind in enumerate(_SCALARS, cls.BOOL.value):
                if _is(kind, parameter_value):
                    return cls(number)
            if isinstance(parameter_value, list | tuple | array.array):
                for number, kind in enumerate(_ARRAYS, cls.BYTE_ARRAY.value):
                    if all(_is(kind, value) for value in parameter_value):
                        return cls(number)
            raise TypeError(
                f"The given value is not one of the allowed types or a list of one "
                f"'{parameter_value}'."
            )

        def check(self, parameter_value: Any) -> bool:
            """Whether a Python value is of this type."""
            if self is Parameter.Type.NOT_SET:
                return parameter_value is None
            if self.value < Parameter.Type.BYTE_ARRAY.value:
                return isinstance(parameter_value, _SCALARS[self.value - 1])
            kind = _ARRAYS[self.value - Parameter.Type.BYTE_ARRAY.value]
            if isinstance(parameter_value, array.array):
                return kind in (int, float) and all(isinstance(v, kind) for v in parameter_value)
            return isinstance(parameter_value, list | tuple) and all(
                isinstance(value, kind) and (kind is not bytes or len(value) == 1)
                for value in parameter_value
            )

        @property
        def _field(self) -> str:
            """Field of `rcl_interfaces/msg/ParameterValue` that holds such a value."""
            return f'{self.name.lower()}_value'

    @classmethod
    def from_parameter_msg(cls, param_msg: ParameterMsg) -> Parameter:
        """Parameter of a `rcl_interfaces/msg/Parameter`."""
        type_ = Parameter.Type(param_msg.value.type)
        return cls(param_msg.name, type_, getattr(param_msg.value, type_._field, None))

    name: str
    type_: Parameter.Type | None = None
    value: Any = None

    def __post_init__(self) -> None:
        type_ = self.type_
        if type_ is None:
            type_ = Parameter.Type.from_parameter_value(self.value)
            object.__setattr__(self, 'type_', type_)
        if not isinstance(type_, Parameter.Type):
            raise TypeError(f"type must be an instance of '{Parameter.Type!r}'")
        if not type_.check(self.value):
            raise ValueError(f"Type '{type_}' and value '{self.value}' do not agree")

    def get_parameter_value(self) -> ParameterValue:
        """Type and value as a `rcl_interfaces/msg/ParameterValue`."""
        return _message_value(self.type_, self.value)

    def to_parameter_msg(self) -> ParameterMsg:
        """This parameter as a `rcl_interfaces/msg/Parameter`."""
        from rcl_interfaces.msg import Parameter as ParameterMsg

        return ParameterMsg(name=self.name, value=self.get_parameter_value())


def _message_value(type_: Parameter.Type, value: Any) -> ParameterValue:
    from rcl_interfaces.msg import ParameterValue

    message = ParameterValue(type=type_.value)
    if type_ is not Parameter.Type.NOT_SET:
        setattr(message, type_._field, value)
    return message


def get_parameter_value(string_value: str) -> ParameterValue:
    """Value that a YAML text stands for, a string if it is nothing else."""
    try:
        value = yaml.safe_load(string_value)
    except yaml.parser.ParserError:
        value = None
    if isinstance(value, int):
        value = yaml_text.fit_integer(value)
    if value == []:  # the first type of list that YAML has
        return _message_value(Parameter.Type.BOOL_ARRAY, value)
    try:
        type_ = Parameter.Type.from_parameter_value(value)
    except TypeError:
        type_ = Parameter.Type.NOT_SET
    if type_ is Parameter.Type.NOT_SET:
        return _message_value(Parameter.Type.STRING, string_value)
    return _message_value(type_, value)


def parameter_value_to_python(parameter_value: ParameterValue) -> Any:
    """Python value of a `rcl_interfaces/msg/ParameterValue`.

    Raises:
        RuntimeError: Its type is not known.
    """
    try:
        type_ = Parameter.Type(parameter_value.type)
    except ValueError as error:
        raise RuntimeError(f'unexpected parameter type {parameter_value.type}') from error
    value = getattr(parameter_value, type_._field, None)
    return value if value is None or isinstance(value, _SCALARS) else list(value)


def parameter_dict_from_yaml_file(
    parameter_file: str,
    use_wildcard: bool = False,
    target_nodes: Sequence[str] | None = None,
    namespace: str = '',
) -> dict[str, ParameterMsg]:
    """Parameters of a parameter file.

    Args:
        parameter_file: Path of a YAML file.
        use_wildcard: Whether to take those for '/**', too.
        target_nodes: Nodes to take; default all.
        namespace: What the names of parameters shall begin with.

    Raises:
        RuntimeError: The file has none of the nodes, or is no parameter file.
    """
    content = load_parameter_file(parameter_file)
    keys = ['/**'] if use_wildcard and '/**' in content else []
    if missing := [node for node in target_nodes or () if node not in content]:
        raise RuntimeError(
            f'Param file does not contain parameters for {missing[0]}, '
            f'only for nodes: {list(content)}'
        )
    keys.extend(target_nodes or (key for key in content if key != '/**'))
    if not keys:
        raise RuntimeError('Param file does not contain selected parameters')
    parameters = [
        Parameter(f'{namespace}{name}', value=value)
        for key in keys
        for name, value in content[key].items()
    ]
    return {parameter.name: parameter.to_parameter_msg() for parameter in parameters}
