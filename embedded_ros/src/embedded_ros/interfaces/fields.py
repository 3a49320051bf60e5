"""Checks and conversions of values assigned to message fields, as rosidl's classes make them."""

from __future__ import annotations

import array
import reprlib
from collections import UserList, UserString
from collections.abc import Callable, Sequence, Set
from typing import Any, NoReturn

import numpy as np

from embedded_ros.interfaces.definitions import Container, Field, FieldType
from embedded_ros.interfaces.primitives import FIXED_SIZE, Primitive

# Returns the value to store, raises AssertionError for one that the field cannot hold.
Check = Callable[[Any], Any]
GetClass = Callable[[str], type]
Refuse = Callable[..., NoReturn]


def make_check(field: Field, get_class: GetClass) -> Check:
    """Function that checks a value for a field and converts it to the type that is stored.

    Args:
        field: The field.
        get_class: Finds the class of a nested message.

    Returns:
        The check; it raises AssertionError, as rosidl's do.
    """
    accepts = _acceptance(field.type, get_class)
    primitive = FIXED_SIZE.get(field.type.base)
    is_numeric = primitive is not None and primitive.is_number
    wanted = rosidl_type(field.type)
    if is_numeric:
        wanted += f' in [{primitive.low}, {primitive.high}]'

    def refuse(value: Any, hint: str = '') -> NoReturn:
        raise AssertionError(
            f"The '{field.name}' field must be {wanted}, got {type(value).__name__} "
            f'{reprlib.repr(value)}{hint}'
        )

    if field.type.container is Container.SCALAR:
        return _scalar_check(field.type, accepts, refuse)
    check = _collection_check(field.type, accepts, refuse)
    if not is_numeric:
        return check
    if field.type.container is Container.ARRAY:
        return _number_array_check(field.type, primitive, check, refuse)
    return _number_sequence_check(field.type, primitive, check, refuse)


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


def rosidl_type(field_type: FieldType) -> str:
    """Type in rosidl's notation, such as 'sequence<double, 3>' or 'geometry_msgs/Point'."""
    if field_type.is_message:
        package, _, short = field_type.base.split('/')
        element = f'{package}/{short}'
    elif field_type.base == 'string':
        element = f'string<{field_type.string_bound}>' if field_type.string_bound else 'string'
    else:
        element = FIXED_SIZE[field_type.base].rosidl_name
    if field_type.container is Container.ARRAY:
        return f'{element}[{field_type.size}]'
    if field_type.container is Container.SEQUENCE:
        return (
            f'sequence<{element}, {field_type.size}>' if field_type.size else f'sequence<{element}>'
        )
    return element


def _acceptance(field_type: FieldType, get_class: GetClass) -> Callable[[Any], bool]:
    """Whether a field, or an element of it, can hold a value."""
    if field_type.is_message:
        cls = get_class(field_type.base)
        return lambda value: isinstance(value, cls)
    if field_type.base == 'string':
        bound = field_type.string_bound
        return lambda value: isinstance(value, str) and (not bound or len(value) <= bound)
    return FIXED_SIZE[field_type.base].accepts


def _scalar_check(field_type: FieldType, accepts: Callable[[Any], bool], refuse: Refuse) -> Check:
    is_byte = field_type.base == 'byte'

    def check(value: Any) -> Any:
        if not accepts(value):
            refuse(value)
        return bytes(value) if is_byte else value

    return check


def _collection_check(
    field_type: FieldType, accepts: Callable[[Any], bool], refuse: Refuse
) -> Check:
    """Check for any list, tuple or set: it is stored as it was given."""

    def check(value: Any) -> Any:
        is_collection = isinstance(value, (Sequence, Set, UserList))
        if not is_collection or isinstance(value, (str, UserString)):
            refuse(value)
        if not _has_size(field_type, value) or not all(map(accepts, value)):
            refuse(value)
        return value

    return check


def _number_array_check(
    field_type: FieldType, primitive: Primitive, general: Check, refuse: Refuse
) -> Check:
    dtype = np.dtype(primitive.code)

    def check(value: Any) -> np.ndarray:
        if not isinstance(value, np.ndarray):
            return np.array(list(general(value)), dtype=dtype)
        if value.dtype != dtype or value.shape != (field_type.size,):
            refuse(value, f' of dtype {value.dtype} and shape {value.shape}')
        return value

    return check


def _number_sequence_check(
    field_type: FieldType, primitive: Primitive, general: Check, refuse: Refuse
) -> Check:
    """Check for an unbounded or bounded sequence; buffers are copied without a Python loop."""
    code = primitive.code

    def check(value: Any) -> array.array:
        if isinstance(value, np.ndarray):
            if value.ndim != 1:
                refuse(value, f' of shape {value.shape}: flatten it with reshape(-1)')
            if not _fits(value, primitive):
                refuse(value, f' of dtype {value.dtype}')
            value = _from_buffer(np.ascontiguousarray(value, dtype=code).data, code)
        elif isinstance(value, (bytes, bytearray, memoryview)):
            if code != 'B':
                refuse(value)
            value = _from_buffer(memoryview(value), code)
        elif not isinstance(value, array.array):
            return array.array(code, general(value))
        if value.typecode != code or not _has_size(field_type, value):
            refuse(value)
        return value

    return check


def _fits(value: np.ndarray, primitive: Primitive) -> bool:
    """Whether an array can be converted: integers may widen or narrow, floats may round."""
    dtype = np.dtype(primitive.code)
    if value.dtype == dtype:
        return True
    if value.dtype.kind not in ('iuf' if dtype.kind == 'f' else 'iu'):
        return False
    finite = value[np.isfinite(value)]
    extremes = [finite.min().item(), finite.max().item()] if finite.size else []
    return all(map(primitive.in_range, extremes))


def _from_buffer(view: memoryview, code: str) -> array.array:
    copy = array.array(code)
    # frombytes takes items of one byte only, and a view without items cannot be cast.
    copy.frombytes(view.cast('B') if view.c_contiguous and view.nbytes else view.tobytes())
    return copy


def _has_size(field_type: FieldType, value: Any) -> bool:
    size = field_type.size
    if field_type.container is Container.ARRAY:
        return len(value) == size
    return not size or len(value) <= size
