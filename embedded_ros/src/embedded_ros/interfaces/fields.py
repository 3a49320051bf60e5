"""Checks and conversions of values assigned to message fields, as rosidl's classes make them."""

from __future__ import annotations

import array
from collections import UserList, UserString
from collections.abc import Callable, Sequence, Set
from typing import Any

import numpy as np

from embedded_ros.interfaces.definitions import Container, Field, FieldType
from embedded_ros.interfaces.primitives import FIXED_SIZE, Primitive

# Returns the value to store, raises AssertionError for one that the field cannot hold.
Check = Callable[[Any], Any]
GetClass = Callable[[str], type]


def make_check(field: Field, get_class: GetClass) -> Check:
    """Function that checks a value for a field and converts it to the type that is stored.

    Args:
        field: The field.
        get_class: Finds the class of a nested message.

    Returns:
        The check; it raises AssertionError with rosidl's message.
    """
    field_type = field.type
    if field_type.container is Container.SCALAR:
        return _scalar_check(field.name, field_type, get_class)
    primitive = FIXED_SIZE.get(field_type.base)
    if primitive is None or not primitive.is_number:
        return _collection_check(field.name, field_type, get_class)
    general = _number_collection_check(field.name, field_type, primitive)
    if field_type.container is Container.ARRAY:
        return _number_array_check(field.name, field_type, primitive, general)
    return _number_sequence_check(field.name, field_type, primitive, general)


def make_default(field: Field, get_class: GetClass) -> Callable[[], Any]:
    """Function that returns a fresh default value of a field.

    Args:
        field: The field.
        get_class: Finds the class of a nested message.
    """
    field_type = field.type
    primitive = FIXED_SIZE.get(field_type.base)
    if field_type.container is Container.SCALAR:
        if field.default is not None:
            return lambda: field.default
        return _zero(field_type, get_class)
    if primitive is not None and primitive.is_number:
        if field_type.container is Container.ARRAY:
            values = field.default or (primitive.zero,) * field_type.size
            return lambda: np.array(values, dtype=primitive.code)
        return lambda: array.array(primitive.code, field.default or ())
    if field_type.container is Container.ARRAY and field.default is None:
        zero = _zero(field_type, get_class)
        return lambda: [zero() for _ in range(field_type.size)]
    return lambda: list(field.default or ())


def _zero(field_type: FieldType, get_class: GetClass) -> Callable[[], Any]:
    if field_type.is_message:
        return get_class(field_type.base)
    zero = FIXED_SIZE[field_type.base].zero if field_type.base in FIXED_SIZE else ''
    return lambda: zero


def _scalar_check(name: str, field_type: FieldType, get_class: GetClass) -> Check:
    if field_type.is_message:
        return _message_check(name, get_class(field_type.base))
    if field_type.base == 'string':
        return _string_check(name, field_type.string_bound)
    primitive = FIXED_SIZE[field_type.base]
    if primitive.python_type is bytes:
        return _byte_check(name)
    return _number_check(name, primitive)


def _message_check(name: str, cls: type) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, cls):
            raise AssertionError(
                f"The '{name}' field must be a sub message of type '{cls.__name__}'"
            )
        return value

    return check


def _string_check(name: str, bound: int) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise AssertionError(f"The '{name}' field must be of type 'str'")
        if bound and len(value) > bound:
            raise AssertionError(f"The '{name}' field must be string value not longer than {bound}")
        return value

    return check


def _byte_check(name: str) -> Check:
    def check(value: Any) -> Any:
        if not isinstance(value, (bytes, bytearray)) or len(value) != 1:
            raise AssertionError(
                f"The '{name}' field must be of type 'bytes' or 'ByteString' with length 1"
            )
        return bytes(value)

    return check


def _number_check(name: str, primitive: Primitive) -> Check:
    python_type, is_bool = primitive.python_type, primitive.python_type is bool

    def check(value: Any) -> Any:
        if not isinstance(value, python_type):
            raise AssertionError(f"The '{name}' field must be of type '{python_type.__name__}'")
        if not (is_bool or primitive.in_range(value)):
            raise AssertionError(f"The '{name}' field must be {primitive.range_text}")
        return value

    return check


def _collection_check(name: str, field_type: FieldType, get_class: GetClass) -> Check:
    """Check for a list of strings, bools, bytes or messages: it is stored as it was given."""
    element = _scalar_check(name, field_type, get_class)
    element_name = _element_name(field_type, get_class)
    message = _collection_message(name, field_type, f"each value of type '{element_name}'")

    def check(value: Any) -> Any:
        if not _is_collection(value) or not _has_size(value, field_type):
            raise AssertionError(message)
        try:
            for item in value:
                element(item)
        except AssertionError as error:
            raise AssertionError(message) from error
        return value

    return check


def _number_collection_check(name: str, field_type: FieldType, primitive: Primitive) -> Check:
    """Check for any list, tuple or set of numbers."""
    python_type = primitive.python_type
    message = _collection_message(
        name, field_type, f"each value of type '{python_type.__name__}'",
        f'each {primitive.range_text.partition(" ")[2]}',
    )  # fmt: skip

    def check(value: Any) -> Any:
        if (
            not _is_collection(value)
            or not _has_size(value, field_type)
            or not all(isinstance(item, python_type) for item in value)
            or not all(primitive.in_range(item) for item in value)
        ):
            raise AssertionError(message)
        return value

    return check


def _number_array_check(
    name: str, field_type: FieldType, primitive: Primitive, general: Check
) -> Check:
    dtype = np.dtype(primitive.code)

    def check(value: Any) -> np.ndarray:
        if not isinstance(value, np.ndarray):
            return np.array(list(general(value)), dtype=dtype)
        if value.dtype != dtype:
            raise AssertionError(
                f"The '{name}' numpy.ndarray() must have the dtype of 'numpy.{dtype.name}'"
            )
        if value.shape != (field_type.size,):
            raise AssertionError(
                f"The '{name}' numpy.ndarray() must have a size of {field_type.size}"
            )
        return value

    return check


def _number_sequence_check(
    name: str, field_type: FieldType, primitive: Primitive, general: Check
) -> Check:
    """Check for an unbounded or bounded sequence; buffers are copied without a Python loop."""
    code = primitive.code

    def check(value: Any) -> array.array:
        if isinstance(value, array.array):
            if value.typecode != code:
                raise AssertionError(
                    f"The '{name}' array.array() must have the type code of '{code}'"
                )
            if not _has_size(value, field_type):
                raise AssertionError(
                    f"The '{name}' array.array() must have a size <= {field_type.size}"
                )
            return value
        if isinstance(value, np.ndarray):
            return check(_from_numpy(name, value, primitive))
        if code == 'B' and isinstance(value, (bytes, bytearray, memoryview)):
            return check(_from_buffer(memoryview(value), code))
        if isinstance(value, (bytes, bytearray, memoryview)):
            raise AssertionError(
                f"The '{name}' field must be a set or sequence of numbers, not of raw bytes"
            )
        return array.array(code, general(value))

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
        wrong_kind = value.dtype.kind not in ('iuf' if dtype.kind == 'f' else 'iu')
        if wrong_kind or not all(primitive.in_range(item) for item in _extremes(value)):
            raise AssertionError(
                f"The '{name}' field must be a set or sequence of '{dtype.name}', "
                f"this '{value.dtype.name}' array does not fit into it"
            )
    return _from_buffer(np.ascontiguousarray(value, dtype=dtype).data, primitive.code)


def _extremes(value: np.ndarray) -> list[Any]:
    finite = value[np.isfinite(value)]
    return [finite.min().item(), finite.max().item()] if finite.size else []


def _from_buffer(view: memoryview, code: str) -> array.array:
    copy = array.array(code)
    copy.frombytes(view if view.c_contiguous else view.tobytes())
    return copy


def _is_collection(value: Any) -> bool:
    return isinstance(value, (Sequence, Set, UserList)) and not isinstance(value, (str, UserString))


def _has_size(value: Any, field_type: FieldType) -> bool:
    if field_type.container is Container.ARRAY:
        return len(value) == field_type.size
    return not field_type.size or len(value) <= field_type.size


def _element_name(field_type: FieldType, get_class: GetClass) -> str:
    if field_type.is_message:
        return get_class(field_type.base).__name__
    primitive = FIXED_SIZE.get(field_type.base)
    return primitive.python_type.__name__ if primitive else 'str'


def _collection_message(name: str, field_type: FieldType, *element_rules: str) -> str:
    rules = ['a set or sequence']
    if field_type.container is Container.ARRAY:
        rules.append(f'with length {field_type.size}')
    elif field_type.size:
        rules.append(f'with length <= {field_type.size}')
    if field_type.string_bound:
        rules.append(f'and each string value not longer than {field_type.string_bound}')
    rules += [f'and {rule}' for rule in element_rules]
    return f"The '{name}' field must be {' '.join(rules)}"
