"""Hashes that identify the definition of a type."""

from __future__ import annotations

from dataclasses import dataclass

_PREFIX = 'RIHS'


@dataclass
class TypeHash:
    """Hash of a type, printed as 'RIHS01_<64 hexadecimal digits>'.

    Attributes:
        version: Version of the way of hashing; -1: not known.
        value: The hash, 32 bytes.
    """

    version: int = -1
    value: bytes = bytes(32)

    def __str__(self) -> str:
        is_valid = self.version > 0 and len(self.value) == 32
        return f'{_PREFIX}{self.version:02}_{self.value.hex()}' if is_valid else 'INVALID'


def parse_type_hash(text: str) -> TypeHash:
    """Hash that an endpoint announced; an unknown one if the text is none."""
    prefix, _, digits = text.partition('_')
    try:
        return TypeHash(int(prefix.removeprefix(_PREFIX)), bytes.fromhex(digits))
    except ValueError:
        return TypeHash()
