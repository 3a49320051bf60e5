"""DDS types of message classes: CycloneDDS checks every sample against them."""

from __future__ import annotations

import functools
import threading
from typing import Any

import cyclonedds.idl.types
from cyclonedds.idl import make_idl_struct

from embedded_ros.interfaces import database
from embedded_ros.interfaces.definitions import Container, FieldType

# Any: the generic types of this module have no type hints.
idl: Any = cyclonedds.idl.types

_PRIMITIVES = {
    'bool': bool,
    'byte': idl.uint8,
    'char': idl.uint8,
    'string': str,
    **{
        name: getattr(idl, name)
        for name in 'int8 uint8 int16 uint16 int32 uint32 int64 uint64 float32 float64'.split()
    },
}
# rmw_cyclonedds puts the client's identity and a sequence number before each half of a service.
_SERVICE_HEADER = {'client_guid': idl.uint64, 'sequence_number': idl.int64}
_lock = threading.RLock()


def dds_type_name(name: str) -> str:
    """DDS name of an interface: 'std_msgs/msg/String' is 'std_msgs::msg::dds_::String_'."""
    package, kind, short = name.split('/')
    return f'{package}::{kind}::dds_::{short}_'


def ros_type_name(dds_name: str) -> str:
    """ROS name of a DDS type, the inverse of `dds_type_name`; other names stay as they are."""
    prefix, found, short = dds_name.rpartition('::dds_::')
    if not found or not short.endswith('_'):
        return dds_name
    return '/'.join([*prefix.split('::'), short[:-1]])


def idl_type(name: str) -> Any:
    """Type that cyclonedds has for a message, or of one half of a service with its header."""
    with _lock:
        header = _SERVICE_HEADER if name.split('/')[1] == 'srv' else {}
        return _struct(name, **header)


@functools.cache
def _struct(name: str, **header: Any) -> Any:
    fields = {field.name: _field_type(field.type) for field in database.definition(name).fields}
    short = name.rpartition('/')[2]
    return make_idl_struct(f'{short}_', dds_type_name(name), {**header, **fields})


def _field_type(field_type: FieldType) -> Any:
    if field_type.is_message:
        element = _struct(field_type.base)
    elif field_type.string_bound:
        element = idl.bounded_str[field_type.string_bound]
    else:
        element = _PRIMITIVES[field_type.base]
    if field_type.container is Container.ARRAY:
        return idl.array[element, field_type.size]
    if field_type.container is Container.SEQUENCE:
        return idl.sequence[element, field_type.size] if field_type.size else idl.sequence[element]
    return element
