"""Values that describe an interface, and the parser of `.msg` and `.srv` texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

PRIMITIVES = frozenset(
    """
    bool byte char float32 float64 int8 uint8 int16 uint16 int32 uint32 int64 uint64 string
    """.split()
)
# What rosidl gives a message without fields, since a C structure needs one.
EMPTY_MEMBER = 'structure_needs_at_least_one_member'

_TYPE = re.compile(
    r'(?P<base>[A-Za-z][A-Za-z0-9_/]*)(?:<=(?P<string>\d+))?(?P<array>\[(?P<bound><=)?(?P<size>\d*)\])?'
)
_NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]*')
_SHORTHANDS = {
    'Header': 'std_msgs/msg/Header',
    'time': 'builtin_interfaces/msg/Time',
    'duration': 'builtin_interfaces/msg/Duration',
}


class InvalidInterface(ValueError):
    """An interface text cannot be used; says which line and why."""


class Container(Enum):
    """Whether a field holds one value, a fixed number, or any number."""

    SCALAR = 'scalar'
    ARRAY = 'array'
    SEQUENCE = 'sequence'


@dataclass(frozen=True)
class FieldType:
    """Type of a field: `string<=8[<=3]` is base string, string_bound 8, sequence of at most 3.

    Attributes:
        base: A name of PRIMITIVES, or the full name of a message.
        string_bound: Longest string [characters], 0: any.
        container: One value, an array or a sequence.
        size: Elements of an array, or most elements of a sequence (0: any).
    """

    base: str
    string_bound: int = 0
    container: Container = Container.SCALAR
    size: int = 0

    @property
    def is_message(self) -> bool:
        """Whether the elements are messages."""
        return '/' in self.base


@dataclass(frozen=True)
class Field:
    """One field; `default` is None when the text gives none."""

    name: str
    type: FieldType
    default: Any = None


@dataclass(frozen=True)
class Constant:
    """One constant of a primitive type."""

    name: str
    base: str
    value: Any


@dataclass(frozen=True)
class Definition:
    """A message: full name such as 'std_msgs/msg/String', fields and constants in order."""

    name: str
    fields: tuple[Field, ...]
    constants: tuple[Constant, ...] = ()


def parse_message(name: str, text: str) -> Definition:
    """Parse the text of a `.msg` file, or of one half of a `.srv` file.

    Args:
        name: Full name, such as 'std_msgs/msg/String' or 'std_srvs/srv/SetBool_Request'.
        text: Content of the file.

    Raises:
        InvalidInterface: A line is not a field, constant or comment.
        NotImplementedError: A field uses wstring, which CycloneDDS for Python lacks.
    """
    fields: dict[str, Field] = {}
    constants: dict[str, Constant] = {}
    for number, line in _lines(text):
        try:
            member = _parse_line(name.split('/')[0], line)
        except ValueError as error:
            raise InvalidInterface(f'{name} line {number}: {line!r}: {error}') from error
        if member.name in fields or member.name in constants:
            raise InvalidInterface(f'{name} line {number}: {member.name!r} is defined twice')
        if isinstance(member, Field):
            fields[member.name] = member
        else:
            constants[member.name] = member
    members = tuple(fields.values()) or (Field(EMPTY_MEMBER, FieldType('uint8')),)
    return Definition(name, members, tuple(constants.values()))


def split_service(name: str, text: str) -> tuple[str, str]:
    """Texts of a service's request and response.

    Raises:
        InvalidInterface: There is not exactly one line `---`.
    """
    parts: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip() == '---':
            parts.append([])
        else:
            parts[-1].append(line)
    if len(parts) != 2:
        raise InvalidInterface(f"{name}: {len(parts) - 1} lines '---', a service has exactly one")
    return '\n'.join(parts[0]), '\n'.join(parts[1])


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition('#')[0].strip()
        if content:
            yield number, content


def _parse_line(package: str, line: str) -> Field | Constant:
    type_text, _, rest = line.replace('\t', ' ').partition(' ')
    field_type = parse_type(type_text, package)
    name, is_constant, value = (part.strip() for part in rest.partition('='))
    if is_constant:
        if field_type.is_message or field_type.container is not Container.SCALAR:
            raise ValueError('a constant must have a primitive type')
        return Constant(_checked_name(name), field_type.base, _parse_value(field_type, value))
    name, _, value = (part.strip() for part in rest.strip().partition(' '))
    default = _parse_default(field_type, value) if value else None
    return Field(_checked_name(name), field_type, default)


def parse_type(text: str, package: str) -> FieldType:
    """Parse the type part of a line.

    Args:
        text: Such as 'float64[3]' or 'geometry_msgs/Pose'.
        package: Package that names without a package refer to.

    Raises:
        ValueError: It is not a type.
        NotImplementedError: It is wstring.
    """
    match = _TYPE.fullmatch(text)
    if match is None:
        raise ValueError(f'{text!r} is not a type')
    base = match['base']
    if base == 'wstring':
        raise NotImplementedError('wstring is not supported, use string (it is UTF-8)')
    if base not in PRIMITIVES:
        base = _full_name(base, package)
    if match['string'] and base != 'string':
        raise ValueError('only a string may have a bound on its length')
    size = int(match['size'] or 0)
    if match['array'] is None:
        container = Container.SCALAR
    elif match['size'] and not match['bound']:
        container = Container.ARRAY
    else:
        container = Container.SEQUENCE
    return FieldType(base, int(match['string'] or 0), container, size)


def _full_name(name: str, package: str) -> str:
    parts = name.split('/')
    if len(parts) == 1:
        return _SHORTHANDS.get(name, f'{package}/msg/{name}')
    if len(parts) == 2:
        return f'{parts[0]}/msg/{parts[1]}'
    return name


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f'{name!r} is not a name')
    return name


def _parse_default(field_type: FieldType, text: str) -> Any:
    if field_type.is_message:
        raise ValueError('a field that is a message cannot have a default')
    if field_type.container is Container.SCALAR:
        return _parse_value(field_type, text)
    if not (text.startswith('[') and text.endswith(']')):
        raise ValueError(f'the default {text!r} must be a list in brackets')
    inner = text[1:-1].strip()
    elements = re.findall(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[^,\s][^,]*', inner)
    values = tuple(_parse_value(field_type, element.strip()) for element in elements)
    if field_type.container is Container.ARRAY and len(values) != field_type.size:
        raise ValueError(f'the default has {len(values)} values, the array {field_type.size}')
    return values


def _parse_value(field_type: FieldType, text: str) -> Any:
    base = field_type.base
    if base == 'string':
        return _unquoted(text)
    if base == 'bool':
        if text.lower() not in ('true', 'false', '1', '0'):
            raise ValueError(f'{text!r} is not a bool: choose true or false')
        return text.lower() in ('true', '1')
    if base.startswith('float'):
        return float(text)
    value = int(text, 0)
    return bytes([value]) if base == 'byte' else value


def _unquoted(text: str) -> str:
    for quote in '"\'':
        if len(text) >= 2 and text.startswith(quote) and text.endswith(quote):
            return text[1:-1].replace(f'\\{quote}', quote)
    return text
