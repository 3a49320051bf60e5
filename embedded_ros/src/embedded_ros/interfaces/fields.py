"""Checks and conversions of values assigned to message fields, as rosidl's classes make them."""

from __future__ import annotations

import array
from collections import UserList, UserString
from collections.abc import Callable, Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from embedded_ros.interfaces.definitions import Container, Field, FieldType
from embedded_ros.interfaces.primitives import FIXED_SIZE, Primitive

# Returns the value to store, raises AssertionError for one that the field cannot hold.
Check = Callable[[Any], Any]
GetClass = Callable[[str], type]


class _Rule(NamedTuple):
    """What one value must be, and rosidl's words for it, alone and as an element."""

    accepts: Callable[[Any], bool]
    words: str
    element_words: str


def make_check(field: Field, get_class: GetClass) -> Check:
    """Function that checks a value for a field and converts it to the type that is stored.

    Args:
        field: The field.
        get_class: Finds the class of a nested message.

    Returns:
        The check; it raises AssertionError with rosidl's message.
    """
    rules = _rules(field.type, get_class)
    if field.type.container is Container.SCALAR:
        return _scalar_check(field, rules)
    check = _collection_check(field, rules)
    primitive = FIXED_SIZE.get(field.type.base)
    if primitive is None or not primitive.is_number:
        return check
    if field.type.container is Container.ARRAY:
        return _number_array_check(field, primitive, check)
    return _number_sequence_check(field, primitive, check)


def make_default(field: Field, get_class: GetClass) -> Callable[[], Any]:
    """Function that returns a fresh default value of a field.

    Args:
        field: The field.
        get_class: Finds the class of a nested message.
    """
    field_type, default = field.type, field.default
    primitive = FIXED_SIZE.get(field_type.base)
    zero: Callable[[], Any] = (
        get_class(field_type.base)
        if field_type.is_message
        else lambda: primitive.zero if primitive else ''
    )
    if field_type.container is Container.SCALAR:
        return zero if default is None else lambda: default
    size = field_type.size if field_type.container is Container.ARRAY else 0
    if primitive is None or not primitive.is_number:
        return lambda: [zero() for _ in range(size)] if default is None else list(default)
    values = (primitive.zero,) * size if default is None else default
    if field_type.container is Container.ARRAY:
        return lambda: np.array(values, dtype=primitive.code)
    return lambda: array.array(primitive.code, values)


def _rules(field_type: FieldType, get_class: GetClass) -> list[_Rule]:
    if field_type.is_message:
        return [_of_type(get_class(field_type.base), "a sub message of type '{}'")]
    if field_type.base == 'string':
        bound = field_type.string_bound
        words = f'string value not longer than {bound}'
        fits = _Rule(lambda value: len(value) <= bound, words, f'each {words}')
        return [_of_type(str), fits] if bound else [_of_type(str)]
    primitive = FIXED_SIZE[field_type.base]
    if primitive.python_type is bytes:
        words = "of type 'bytes' or 'ByteString' with length 1"
        return [_Rule(_is_byte, words, "each value of type 'bytes'")]
    is_kind = _of_type(primitive.python_type)
    words = primitive.range_text
    in_range = _Rule(primitive.in_range, words, f'each {words.partition(" ")[2]}')
    return [is_kind, in_range] if primitive.is_number else [is_kind]


def _of_type(kind: type, words: str = "of type '{}'") -> _Rule:
    name = kind.__name__
    return _Rule(
        lambda value: isinstance(value, kind), words.format(name), f"each value of type '{name}'"
    )


def _is_byte(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray)) and len(value) == 1


def _scalar_check(field: Field, rules: list[_Rule]) -> Check:
    is_byte = field.type.base == 'byte'

    def check(value: Any) -> Any:
        for accepts, words, _ in rules:
            if not accepts(value):
                raise AssertionError(f"The '{field.name}' field must be {words}")
        return bytes(value) if is_byte else value

    return check


def _collection_check(field: Field, rules: list[_Rule]) -> Check:
    """Check for any list, tuple or set: it is stored as it was given."""
    size = field.type.size
    words = ['a set or sequence']
    if size:
        limit = 'length' if field.type.container is Container.ARRAY else 'length <='
        words.append(f'with {limit} {size}')
    words += [f'and {rule.element_words}' for rule in rules]
    message = f"The '{field.name}' field must be {' '.join(words)}"

    def check(value: Any) -> Any:
        is_collection = isinstance(value, (Sequence, Set, UserList))
        if not is_collection or isinstance(value, (str, UserString)) or not _has_size(field, value):
            raise AssertionError(message)
        for accepts, _, _ in rules:
            if not all(map(accepts, value)):
                raise AssertionError(message)
        return value

    return check


def _number_array_check(field: Field, primitive: Primitive, general: Check) -> Check:
    dtype, name = np.dtype(primitive.code), field.name

    def check(value: Any) -> np.ndarray:
        if not isinstance(value, np.ndarray):
            return np.array(list(general(value)), dtype=dtype)
        if value.dtype != dtype:
            raise AssertionError(
                f"The '{name}' numpy.ndarray() must have the dtype of 'numpy.{dtype.name}'"
            )
        if value.shape != (field.type.size,):
            raise AssertionError(
                f"The '{name}' numpy.ndarray() must have a size of {field.type.size}"
            )
        return value

    return check


def _number_sequence_check(field: Field, primitive: Primitive, general: Check) -> Check:
    """Check for an unbounded or bounded sequence; buffers are copied without a Python loop."""
    code, name, size = primitive.code, field.name, field.type.size

    def check(value: Any) -> array.array:
        if isinstance(value, np.ndarray):
            value = _from_numpy(name, value, primitive)
        elif isinstance(value, (bytes, bytearray, memoryview)):
            if code != 'B':
                raise AssertionError(
                    f"The '{name}' field must be a set or sequence of numbers, not of raw bytes"
                )
            value = _from_buffer(memoryview(value), code)
        elif not isinstance(value, array.array):
            return array.array(code, general(value))
        if value.typecode != code:
            raise AssertionError(f"The '{name}' array.array() must have the type code of '{code}'")
        if not _has_size(field, value):
            raise AssertionError(f"The '{name}' array.array() must have a size <= {size}")
        return value

    return check


def _from_numpy(name: str, value: np.ndarray, primitive: Primitive) -> array.array:
    """Array of the same values; integers may widen or narrow, floats may round."""
    if value.ndim != 1:
        raise AssertionError(
            f"The '{name}' field must have one dimension, got shape {value.shape}: "
            f'flatten it with reshape(-1)'
        )
    dtype = np.dtype(primitive.code)
    if value.dtype != dtype:
        right_kind = value.dtype.kind in ('iuf' if dtype.kind == 'f' else 'iu')
        finite = value[np.isfinite(value)] if right_kind else value[:0]
        extremes = [finite.min().item(), finite.max().item()] if finite.size else []
        if not right_kind or not all(map(primitive.in_range, extremes)):
            raise AssertionError(
                f"The '{name}' field must be a set or sequence of '{dtype.name}', "
                f"this '{value.dtype.name}' array does not fit into it"
            )
    return _from_buffer(np.ascontiguousarray(value, dtype=dtype).data, primitive.code)


def _from_buffer(view: memoryview, code: str) -> array.array:
    copy = array.array(code)
    # frombytes takes items of one byte only, and a view without items cannot be cast.
    copy.frombytes(view.cast('B') if view.c_contiguous and view.nbytes else view.tobytes())
    return copy


def _has_size(field: Field, value: Any) -> bool:
    size = field.type.size
    if field.type.container is Container.ARRAY:
        return len(value) == size
    return not size or len(value) <= size
