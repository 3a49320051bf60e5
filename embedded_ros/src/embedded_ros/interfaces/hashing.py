"""Type hashes (RIHS01), which ROS 2 announces to tell different versions of a type apart."""

from __future__ import annotations

import functools
from typing import Any

from rosbags.interfaces import Nodetype
from rosbags.typesys.store import Typestore

from embedded_ros.interfaces import database
from embedded_ros.interfaces.definitions import Container, Definition, FieldType


@functools.cache
def hash_of(name: str) -> str:
    """Hash of a message, or of one half of a service, such as 'RIHS01_df668c74...'.

    Raises:
        UnknownInterface: There is no such interface.
    """
    root = database.definition(name)
    store = Typestore()
    for definition in [root, *database.referenced(root)]:
        store.fielddefs[definition.name] = ([], to_fielddefs(definition))
    return store.hash_rihs01(name)


def to_fielddefs(definition: Definition) -> list[tuple[str, Any]]:
    """Fields in rosbags' notation; `char` becomes uint8, as rosidl reads it."""
    return [(field.name, _description(field.type)) for field in definition.fields]


def _description(field_type: FieldType) -> Any:
    if field_type.is_message:
        element: Any = (Nodetype.NAME, field_type.base)
    else:
        base = 'uint8' if field_type.base == 'char' else field_type.base
        element = (Nodetype.BASE, (base, field_type.string_bound))
    if field_type.container is Container.ARRAY:
        return (Nodetype.ARRAY, (element, field_type.size))
    if field_type.container is Container.SEQUENCE:
        return (Nodetype.SEQUENCE, (element, field_type.size))
    return element
