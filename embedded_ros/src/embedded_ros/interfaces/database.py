"""The known interfaces: rosbags' standard messages, bundled files and the user's packages."""

from __future__ import annotations

import difflib
import functools
import threading
from collections.abc import Iterable
from typing import Any

from rosbags.interfaces import Nodetype
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

from embedded_ros.interface_files import BUNDLED, interface_file, interface_names
from embedded_ros.interfaces.definitions import (
    EMPTY_MEMBER,
    Constant,
    Container,
    Definition,
    Field,
    FieldType,
    parse_message,
    split_service,
)

# rosbags' store has no field defaults; these are the only ones of its types that are not zero.
_DEFAULTS = {
    ('geometry_msgs/msg/Quaternion', 'w'): 1.0,
    ('sensor_msgs/msg/NavSatStatus', 'status'): -2,
}
_SERVICE_PARTS = ('_Request', '_Response')
_lock = threading.RLock()
_parsed: dict[str, Definition] = {}


class UnknownInterface(LookupError, ValueError):
    """No message or service of that name is known; names the nearest ones.

    Also a ValueError, as programs expect of `get_message` in rosidl_runtime_py.
    """


@functools.cache
def standard() -> Typestore:
    """The standard messages of ROS 2 Jazzy, as rosbags defines them."""
    return get_typestore(Stores.ROS2_JAZZY)


def definition(name: str) -> Definition:
    """Definition of a message, or of one half of a service.

    Args:
        name: Such as 'std_msgs/msg/String' or 'std_srvs/srv/SetBool_Request'.

    Raises:
        UnknownInterface: There is none.
        InvalidInterface: Its file has an error.
    """
    with _lock:
        if name not in _parsed:
            _parsed[name] = _find(name)
        return _parsed[name]


def has_message(package: str, short: str) -> bool:
    """Whether the message `<package>/msg/<short>` is known."""
    name = f'{package}/msg/{short}'
    return name in standard().fielddefs or interface_file(name) is not None


def has_service(package: str, short: str) -> bool:
    """Whether the service `<package>/srv/<short>` is known."""
    return interface_file(f'{package}/srv/{short}') is not None


def names(package: str, kind: str) -> list[str]:
    """Short names of a package's messages ('msg') or services ('srv'), sorted."""
    found = set(interface_names(package, kind))
    if kind == 'msg':
        prefix = f'{package}/msg/'
        found.update(
            name[len(prefix) :] for name in standard().fielddefs if name.startswith(prefix)
        )
    return sorted(found)


def bundled_packages() -> list[str]:
    """Packages whose interfaces come with this distribution."""
    standard_packages = {name.split('/')[0] for name in standard().fielddefs}
    return sorted(standard_packages | {folder.name for folder in BUNDLED.iterdir()})


def source_text(name: str) -> str:
    """Text of an interface: its file, or for a standard message one made from its definition.

    Args:
        name: Such as 'std_msgs/msg/String' or 'std_srvs/srv/SetBool'.

    Raises:
        UnknownInterface: There is none.
    """
    file = interface_file(name) if name.count('/') == 2 else None
    if file is not None:
        return file.read_text(encoding='utf-8')
    found = definition(name)
    lines = [f'{c.base} {c.name}={_constant_text(c)}' for c in found.constants]
    for field in found.fields:
        if field.name != EMPTY_MEMBER:
            bound = f'<={field.type.string_bound}' if field.type.string_bound else ''
            default = '' if field.default is None else f' {field.default}'
            base = field.type.base.replace('/msg/', '/')
            lines.append(f'{base}{bound}{field.type.suffix} {field.name}{default}')
    return ''.join(f'{line}\n' for line in lines)


def _constant_text(constant: Constant) -> str:
    if constant.base == 'byte':
        return str(constant.value[0])
    return f'"{constant.value}"' if constant.base == 'string' else str(constant.value)


def unknown(name: str) -> UnknownInterface:
    """Error for a name that is not known, with what is near it."""
    parts = name.split('/')
    if len(parts) != 3 or parts[1] not in ('msg', 'srv'):
        return UnknownInterface(
            f"{name!r} is not the name of an interface; write 'package/msg/Type' "
            f"or 'package/srv/Type'"
        )
    package, kind, short = parts
    return UnknownInterface(f'{name!r} is not known' + nearest(short, package, kind))


def nearest(short: str, package: str, kind: str) -> str:
    """'; did you mean ...' for a name that a package lacks, or what to do without the package."""
    choices = names(package, kind)
    if not choices:
        return (
            f': no package {package!r} with {kind} files was found; install it with pip or '
            f'source its workspace (AMENT_PREFIX_PATH)'
        )
    near = difflib.get_close_matches(short, choices, n=3, cutoff=0.5)
    if near:
        return f'; did you mean {", ".join(near)}?'
    return f'; {package} has {", ".join(choices)}'


def referenced(root: Definition) -> list[Definition]:
    """All messages that a definition contains, directly or nested, each once, sorted by name."""
    found: dict[str, Definition] = {}

    def visit(fields: Iterable[Field]) -> None:
        for field in fields:
            if field.type.is_message and field.type.base not in found:
                nested = found[field.type.base] = definition(field.type.base)
                visit(nested.fields)

    visit(root.fields)
    return [found[name] for name in sorted(found)]


def _find(name: str) -> Definition:
    if name in standard().fielddefs:
        return _from_rosbags(name)
    package, kind, short = name.split('/') if name.count('/') == 2 else ('', '', '')
    if kind == 'msg' and (file := interface_file(name)):
        return parse_message(name, file.read_text(encoding='utf-8'))
    for index, part in enumerate(_SERVICE_PARTS):
        if kind == 'srv' and short.endswith(part):
            service = name[: -len(part)]
            if file := interface_file(service):
                text = split_service(service, file.read_text(encoding='utf-8'))[index]
                return parse_message(name, text)
    raise unknown(name)


def _from_rosbags(name: str) -> Definition:
    constants, fields = standard().fielddefs[name]
    return Definition(
        name,
        tuple(
            Field(field, _field_type(description), _DEFAULTS.get((name, field)))
            for field, description in fields
        ),
        tuple(
            Constant(constant, base, _constant(base, value)) for constant, base, value in constants
        ),
    )


def _constant(base: str, value: Any) -> Any:
    return bytes([value]) if base == 'byte' else value


def _field_type(description: Any) -> FieldType:
    kind, detail = description
    if kind == Nodetype.BASE:
        return FieldType(detail[0], detail[1])
    if kind == Nodetype.NAME:
        return FieldType(detail)
    element = _field_type(detail[0])
    container = Container.ARRAY if kind == Nodetype.ARRAY else Container.SEQUENCE
    return FieldType(element.base, element.string_bound, container, detail[1])
