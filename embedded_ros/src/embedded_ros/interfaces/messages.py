"""Message and service classes that behave as those rosidl generates for rclpy."""

from __future__ import annotations

import array
import functools
import threading
from operator import attrgetter
from typing import Any, ClassVar

import numpy as np

from embedded_ros.interfaces import database
from embedded_ros.interfaces.codec import Codec
from embedded_ros.interfaces.definitions import EMPTY_MEMBER, Container, Field, FieldType
from embedded_ros.interfaces.fields import make_check, make_default, rosidl_type
from embedded_ros.interfaces.primitives import FIXED_SIZE

_lock = threading.RLock()


class Message:
    """Base of all message classes.

    A class has one checked property per field and its constants as attributes. Values are
    stored in slots named `_<field>`.
    """

    __slots__ = ()

    # Type of each field, in order.
    SLOT_TYPES: ClassVar[tuple[FieldType, ...]]
    # Set on each class. Capitals, since the slot of a field `x` is named `_x`: the full name, the
    # rosidl type of each field, what to do with a constructor's arguments (conversion by field;
    # field, slot and factory of the default), and how to encode it.
    _TYPE_NAME: ClassVar[str]
    _fields_and_field_types: ClassVar[dict[str, str]]
    _CONVERSIONS: ClassVar[dict[str, Any]]
    _DEFAULTS: ClassVar[tuple[tuple[str, str, Any], ...]]
    _CODEC: ClassVar[Codec]

    def __init__(self, **kwargs: Any) -> None:
        """Build a message from values for some of its fields, the others get their default.

        Raises:
            AssertionError: There is no such field, or it cannot hold the value.
        """
        for name, slot, default in self._DEFAULTS:
            if name in kwargs:
                value, convert = kwargs.pop(name), self._CONVERSIONS.get(name)
                setattr(self, name, value if convert is None else convert(value))
            else:
                setattr(self, slot, default())
        if kwargs:
            raise AssertionError(
                f'Invalid arguments passed to constructor: {", ".join(sorted(kwargs))}; '
                f'{self._TYPE_NAME} has {", ".join(self._fields_and_field_types) or "no field"}'
            )

    def __repr__(self) -> str:
        values = ', '.join(
            f'{name}={_repr(getattr(self, name))}' for name in self._fields_and_field_types
        )
        package = self._TYPE_NAME.split('/')[0]
        kind = self._TYPE_NAME.split('/')[1]
        return f'{package}.{kind}.{type(self).__name__}({values})'

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return False
        return all(
            _equal(getattr(self, slot), getattr(other, slot)) for _, slot, _ in self._DEFAULTS
        )

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def get_fields_and_field_types(cls) -> dict[str, str]:
        """Rosidl type of each field, such as {'data': 'sequence<uint8>'}."""
        return dict(cls._fields_and_field_types)


def _repr(value: Any) -> str:
    return repr(value.tolist()) if isinstance(value, array.array) else repr(value)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, np.ndarray):
        return bool(np.array_equal(left, right))
    return left == right


def message_class(name: str) -> type[Message]:
    """Class of a message, or of one half of a service; the same object for every call.

    Raises:
        UnknownInterface: There is no such interface.
        InvalidInterface: Its definition has an error.
    """
    with _lock:
        return _message_class(name)


@functools.cache
def _message_class(name: str) -> type[Message]:
    definition = database.definition(name)
    package, kind, short = name.split('/')
    fields = [field for field in definition.fields if field.name != EMPTY_MEMBER]
    namespace: dict[str, Any] = {
        '__doc__': f"Message class '{short}'.",
        '__module__': f'{package}.{kind}',
        '__slots__': [f'_{field.name}' for field in fields],
        '_TYPE_NAME': name,
        'SLOT_TYPES': tuple(field.type for field in fields),
        '_fields_and_field_types': {field.name: rosidl_type(field.type) for field in fields},
        '_CONVERSIONS': {f.name: c for f in fields if (c := _conversion(f)) is not None},
        **{constant.name: constant.value for constant in definition.constants},
    }
    for field in fields:
        namespace[field.name] = _property(field)
        if field.default is not None:
            namespace[f'{field.name.upper()}__DEFAULT'] = make_default(field, _message_class)()
    cls: type[Message] = type(short, (Message,), namespace)
    cls._DEFAULTS = tuple(
        (field.name, f'_{field.name}', make_default(field, _message_class)) for field in fields
    )
    cls._CODEC = Codec(cls, definition.fields, _message_class)
    return cls


def _property(field: Field) -> property:
    slot = f'_{field.name}'
    check = make_check(field, _message_class)

    def assign(message: Message, value: Any) -> None:
        setattr(message, slot, check(value))

    return property(attrgetter(slot), assign, doc=f"Message field '{field.name}'.")


def _conversion(field: Field) -> Any:
    """Conversion that rosidl's constructors apply to a number array or sequence."""
    primitive = FIXED_SIZE.get(field.type.base)
    if primitive is None or not primitive.is_number or field.type.container is Container.SCALAR:
        return None
    code = primitive.code

    def convert(value: Any) -> Any:
        if isinstance(value, (array.array, np.ndarray, bytes, bytearray, memoryview, str)):
            return value
        try:
            return array.array(code, value)
        except (TypeError, ValueError, OverflowError):
            return value  # the check of the field names what is wrong

    def convert_array(value: Any) -> Any:
        value = convert(value)
        return np.array(value, dtype=code) if isinstance(value, array.array) else value

    return convert_array if field.type.container is Container.ARRAY else convert


@functools.cache
def service_class(name: str) -> type:
    """Class of a service, with its Request and Response; not to be instantiated.

    Raises:
        UnknownInterface: There is no such service.
        InvalidInterface: Its definition has an error.
    """
    package, kind, short = name.split('/') if name.count('/') == 2 else ('', '', '')
    if kind != 'srv' or not database.has_service(package, short):
        raise database.unknown(name)

    def refuse(self: Any) -> None:
        raise NotImplementedError('Service classes can not be instantiated')

    return type(
        short,
        (),
        {
            '__doc__': f"Service class '{short}'.",
            '__module__': f'{package}.srv',
            '__init__': refuse,
            '_TYPE_NAME': name,
            'Request': message_class(f'{name}_Request'),
            'Response': message_class(f'{name}_Response'),
        },
    )
