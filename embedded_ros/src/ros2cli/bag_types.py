"""Definitions of message types, as bags keep them."""

from __future__ import annotations

from embedded_ros.interfaces import database, get_message, type_hash

_SEPARATOR = '=' * 80
_HASH_PREFIX = 'RIHS01_'


def hash_text(name: str) -> str:
    """Hash of the installed definition of a message, such as 'RIHS01_df668c74...'."""
    return type_hash(get_message(name))


def is_same_definition(other: str, name: str) -> bool:
    """Whether a hash is that of the installed definition, as far as it can be told."""
    return not other.startswith(_HASH_PREFIX) or other == hash_text(name)


def definition_text(name: str) -> str:
    """Definition of a message with those of the messages in it, as bags keep it.

    Args:
        name: Such as 'std_msgs/msg/Header'.
    """
    parts = [database.source_text(name)]
    for nested in database.referenced(database.definition(name)):
        title = f'MSG: {nested.name.replace("/msg/", "/")}'
        parts.append(f'{_SEPARATOR}\n{title}\n{database.source_text(nested.name)}')
    return ''.join(part if part.endswith('\n') else f'{part}\n' for part in parts)
