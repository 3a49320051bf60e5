"""Parameters: a name, a type and a value."""

from __future__ import annotations

import array
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from rcl_interfaces.msg import Parameter as ParameterMsg
    from rcl_interfaces.msg import ParameterValue

__all__ = [
    'PARAMETER_SEPARATOR_STRING',
    'Parameter',
    'get_parameter_value',
    'parameter_dict_from_yaml_file',
    'parameter_value_to_python',
]

PARAMETER_SEPARATOR_STRING = '.'

# Field of rcl_interfaces/msg/ParameterValue for each type but NOT_SET.
_FIELDS = {
    1: 'bool_value',
    2: 'integer_value',
    3: 'double_value',
    4: 'string_value',
    5: 'byte_array_value',
    6: 'bool_array_value',
    7: 'integer_array_value',
    8: 'double_array_value',
    9: 'string_array_value',
}
_FIRST_ARRAY = 5


def _is(kind: type, value: Any) -> bool:
    """isinstance, but a bool is no int."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


class Parameter:
    """A parameter of a node; it does not change."""

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
            for kind, python_type in _SCALARS.items():
                if _is(python_type, parameter_value):
                    return cls[kind]
            if not isinstance(parameter_value, list | tuple | array.array):
                raise TypeError(
                    f"The given value is not one of the allowed types '{parameter_value}'."
                )
            for kind, python_type in _ARRAYS.items():
                if all(_is(python_type, value) for value in parameter_value):
                    return cls[kind]
            raise TypeError(
                f"The given value is not a list of one of the allowed types '{parameter_value}'."
            )

        def check(self, parameter_value: Any) -> bool:
            """Whether a Python value is of this type."""
            if self is Parameter.Type.NOT_SET:
                return parameter_value is None
            if self.name in _SCALARS:
                kind = _SCALARS[self.name]
                return isinstance(parameter_value, kind)
            kind = _ARRAYS[self.name]
            sequences: tuple[type, ...] = (list, tuple)
            if kind in (int, float):
                sequences = (list, tuple, array.array)
            return isinstance(parameter_value, sequences) and all(
                isinstance(value, kind) and (kind is not bytes or len(value) == 1)
                for value in parameter_value
            )

    @classmethod
    def from_parameter_msg(cls, param_msg: ParameterMsg) -> Parameter:
        """Parameter of a `rcl_interfaces/msg/Parameter`."""
        type_ = Parameter.Type(value=param_msg.value.type)
        field = _FIELDS.get(type_.value)
        return cls(param_msg.name, type_, field and getattr(param_msg.value, field))

    def __init__(self, name: str, type_: Parameter.Type | None = None, value: Any = None) -> None:
        """Create a parameter.

        Args:
            name: Name; dots make a hierarchy.
            type_: Type; default that of the value.
            value: Value.

        Raises:
            TypeError: No parameter can have that value, or `type_` is no type.
            ValueError: Type and value do not agree.
        """
        if type_ is None:
            type_ = Parameter.Type.from_parameter_value(value)
        if not isinstance(type_, Parameter.Type):
            raise TypeError(f"type must be an instance of '{Parameter.Type!r}'")
        if not type_.check(value):
            raise ValueError(f"Type '{type_}' and value '{value}' do not agree")
        self._type_ = type_
        self._name = name
        self._value = value

    def __repr__(self) -> str:
        return f'Parameter(name={self._name!r}, type_={self._type_}, value={self._value!r})'

    @property
    def name(self) -> str:
        """Name."""
        return self._name

    @property
    def type_(self) -> Parameter.Type:
        """Type."""
        return self._type_

    @property
    def value(self) -> Any:
        """Value, None for NOT_SET."""
        return self._value

    def get_parameter_value(self) -> ParameterValue:
        """Type and value as a `rcl_interfaces/msg/ParameterValue`."""
        from rcl_interfaces.msg import ParameterValue

        value = ParameterValue(type=self._type_.value)
        if field := _FIELDS.get(self._type_.value):
            setattr(value, field, self._value)
        return value

    def to_parameter_msg(self) -> ParameterMsg:
        """This parameter as a `rcl_interfaces/msg/Parameter`."""
        from rcl_interfaces.msg import Parameter as ParameterMsg

        return ParameterMsg(name=self._name, value=self.get_parameter_value())


_SCALARS: dict[str, type] = {'BOOL': bool, 'INTEGER': int, 'DOUBLE': float, 'STRING': str}
_ARRAYS: dict[str, type] = {
    'BYTE_ARRAY': bytes,
    'BOOL_ARRAY': bool,
    'INTEGER_ARRAY': int,
    'DOUBLE_ARRAY': float,
    'STRING_ARRAY': str,
}


def get_parameter_value(string_value: str) -> ParameterValue:
    """Value that a YAML text stands for, a string if it is nothing else."""
    from rcl_interfaces.msg import ParameterValue

    try:
        value = yaml.safe_load(string_value)
    except yaml.parser.ParserError:
        value = string_value
    if value is None:
        value = string_value
    try:
        type_ = Parameter.Type.from_parameter_value(value)
    except TypeError:
        type_, value = Parameter.Type.STRING, string_value
    if type_ is Parameter.Type.BYTE_ARRAY:  # an empty list: the first type of list that YAML has
        type_ = Parameter.Type.BOOL_ARRAY
    return ParameterValue(type=type_.value, **{_FIELDS[type_.value]: value})


def parameter_value_to_python(parameter_value: ParameterValue) -> Any:
    """Python value of a `rcl_interfaces/msg/ParameterValue`.

    Raises:
        RuntimeError: Its type is not known.
    """
    if parameter_value.type == 0:
        return None
    if parameter_value.type not in _FIELDS:
        raise RuntimeError(f'unexpected parameter type {parameter_value.type}')
    value = getattr(parameter_value, _FIELDS[parameter_value.type])
    return list(value) if parameter_value.type >= _FIRST_ARRAY else value


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
    content = yaml.safe_load(Path(parameter_file).read_text(encoding='utf-8'))
    keys = ['/**'] if use_wildcard and '/**' in content else []
    if target_nodes:
        missing = [node for node in target_nodes if node not in content]
        if missing:
            raise RuntimeError(
                f'Param file does not contain parameters for {missing[0]}, '
                f'only for nodes: {list(content)}'
            )
        keys.extend(target_nodes)
    else:
        keys.extend(key for key in content if key != '/**')
    if not keys:
        raise RuntimeError('Param file does not contain selected parameters')
    values: dict[str, Any] = {}
    for key in keys:
        node = content[key]
        if not isinstance(node, dict) or 'ros__parameters' not in node:
            raise RuntimeError(f'YAML file is not a valid ROS parameter file for node {key}')
        values.update(node['ros__parameters'])
    return _flatten(namespace, values)


def _flatten(prefix: str, values: dict[str, Any]) -> dict[str, ParameterMsg]:
    from rcl_interfaces.msg import Parameter as ParameterMsg

    found: dict[str, ParameterMsg] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found.update(_flatten(f'{prefix}{name}{PARAMETER_SEPARATOR_STRING}', value))
        else:
            found[prefix + name] = ParameterMsg(
                name=prefix + name, value=get_parameter_value(str(value))
            )
    return found
