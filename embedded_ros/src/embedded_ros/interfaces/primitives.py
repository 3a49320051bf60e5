"""The primitive types: how each is stored in Python, on the wire, and which values it takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Primitive:
    """A fixed-size primitive type.

    Attributes:
        name: Name in `.msg` files.
        rosidl_name: Name in `get_fields_and_field_types()`.
        code: Type code of `struct` and `array.array`.
        size: Bytes on the wire.
        python_type: Type of a single value.
        zero: Default value.
        low: Smallest value of an integer, or of a finite float.
        high: Largest value.
    """

    name: str
    rosidl_name: str
    code: str
    size: int
    python_type: type
    zero: Any
    low: float | int = 0
    high: float | int = 0

    @property
    def is_number(self) -> bool:
        """Whether sequences of it are `array.array` and arrays of it `numpy.ndarray`."""
        return self.python_type in (int, float)

    def accepts(self, value: Any) -> bool:
        """Whether a value is of the right Python type and the wire type can hold it."""
        if self.python_type is bytes:
            return isinstance(value, (bytes, bytearray)) and len(value) == 1
        return isinstance(value, self.python_type) and (not self.is_number or self.in_range(value))

    def in_range(self, value: Any) -> bool:
        """Whether the wire type can hold a value of the right Python type."""
        if self.python_type is float:
            return self.low <= value <= self.high or not math.isfinite(value)
        return self.low <= value <= self.high


def _integer(bits: int, code: str, signed: bool, name: str = '') -> Primitive:
    rosidl_name = f'{"" if signed else "u"}int{bits}'
    low = -(2 ** (bits - 1)) if signed else 0
    high = 2 ** (bits - signed) - 1
    return Primitive(name or rosidl_name, rosidl_name, code, bits // 8, int, 0, low, high)


def _float(name: str, rosidl_name: str, code: str, size: int, limit: float) -> Primitive:
    return Primitive(name, rosidl_name, code, size, float, 0.0, -limit, limit)


FIXED_SIZE = {
    primitive.name: primitive
    for primitive in (
        Primitive('bool', 'boolean', '?', 1, bool, False),
        Primitive('byte', 'octet', 'c', 1, bytes, b'\x00'),
        _integer(8, 'B', signed=False, name='char'),
        _integer(8, 'b', signed=True),
        _integer(8, 'B', signed=False),
        _integer(16, 'h', signed=True),
        _integer(16, 'H', signed=False),
        _integer(32, 'i', signed=True),
        _integer(32, 'I', signed=False),
        _integer(64, 'q', signed=True),
        _integer(64, 'Q', signed=False),
        _float('float32', 'float', 'f', 4, 3.4028234663852886e38),
        _float('float64', 'double', 'd', 8, 1.7976931348623157e308),
    )
}
