"""The known interfaces: rosbags' standard messages, bundled files and the user's packages."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

from embedded_ros.interface_files import BUNDLED, interface_file, interface_names
from embedded_ros.interfaces.definitions import Definition, Field, parse_message, split_service
from embedded_ros.near_matches import near_matches

DEFINITION_SEPARATOR = '=' * 80  # between a definition and those of the messages in it
_SERVICE_PARTS = ('_Request', '_Response')


class UnknownInterface(LookupError, ValueError):
    """No message or service of that name is known; names the nearest ones.

    Also a ValueError, as programs expect of `get_message` in rosidl_runtime_py.
    """


@functools.cache
def standard() -> Typestore:
    """The standard messages of ROS 2 Jazzy, as rosbags defines them."""
    return get_typestore(Stores.ROS2_JAZZY)


@functools.cache
def definition(name: str) -> Definition:
    """Definition of a message, or of one half of a service.

    Args:
        name: Such as 'std_msgs/msg/String' or 'std_srvs/srv/SetBool_Request'.

    Raises:
        UnknownInterface: There is none.
        InvalidInterface: Its file has an error.
    """
    for index, part in enumerate(_SERVICE_PARTS):
        if '/srv/' in name and name.endswith(part):
            service = name.removesuffix(part)
            return parse_message(name, split_service(service, source_text(service))[index])
    return parse_message(name, source_text(name))


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
    if name not in standard().fielddefs:
        raise unknown(name)
    text, _ = standard().generate_msgdef(name, ros_version=2)
    return text.partition(DEFINITION_SEPARATOR)[0]


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
    return near_matches(short, choices)


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
