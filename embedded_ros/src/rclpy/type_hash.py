"""Hashes that identify the definition of a type."""

from __future__ import annotations

TYPE_HASH_VERSION_UNSET = 0
TYPE_HASH_SIZE = 32
_PREFIX = 'RIHS'


class TypeHash:
    """Hash of a type, printed as 'RIHS01_<64 hexadecimal digits>'."""

    __slots__ = ['_value', '_version']

    def __init__(self, version: int = -1, value: bytes = bytes(TYPE_HASH_SIZE)) -> None:
        """Create a hash.

        Args:
            version: Version of the way of hashing; -1: not known.
            value: The hash, 32 bytes.
        """
        self.version = version
        self.value = value

    @property
    def version(self) -> int:
        """Version of the way of hashing."""
        return self._version

    @version.setter
    def version(self, value: int) -> None:
        assert isinstance(value, int)
        self._version = value

    @property
    def value(self) -> bytes:
        """The hash."""
        return self._value

    @value.setter
    def value(self, value: bytes) -> None:
        assert isinstance(value, bytes)
        self._value = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TypeHash):
            return False
        return (self._version, self._value) == (other._version, other._value)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        if self._version <= TYPE_HASH_VERSION_UNSET or len(self._value) != TYPE_HASH_SIZE:
            return 'INVALID'
        return f'{_PREFIX}{self._version:02}_{self._value.hex()}'


def parse_type_hash(text: str) -> TypeHash:
    """Hash that an endpoint announced; an unknown one if the text is none."""
    prefix, _, digits = text.partition('_')
    try:
        return TypeHash(int(prefix.removeprefix(_PREFIX)), bytes.fromhex(digits))
    except ValueError:
        return TypeHash()
