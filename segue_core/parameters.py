"""Parameter tables: every tunable in one dataclass, with default, unit, range and text. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import Field, field, fields
from typing import Any, TypeVar

T = TypeVar('T')


class ParameterError(ValueError):
    """A parameter is unknown or has an unusable value; the message names it and the remedy."""


def param(default: Any, doc: str, *, unit: str = '', low: float | None = None,
          high: float | None = None, choices: Iterable[str] = (), dynamic: bool = False) -> Any:
    """Describe one field of a parameter table.

    Args:
        default: Value when nobody sets it; its type is the parameter's type.
        doc: What it does, in one sentence.
        unit: Unit for people; empty for none.
        low: Smallest value, given together with ``high``.
        high: Largest value.
        choices: The only values allowed, for strings; empty for any.
        dynamic: May be changed while the node runs.
    """
    meta = {'doc': doc, 'unit': unit, 'low': low, 'high': high, 'choices': tuple(choices),
            'dynamic': dynamic}
    if isinstance(default, (list, tuple)):
        frozen = tuple(default)
        return field(default_factory=lambda: frozen, metadata={**meta, 'default': frozen})
    return field(default=default, metadata={**meta, 'default': default})


def table_fields(table: type[Any]) -> tuple[Field[Any], ...]:
    """Fields of a table that were described with `param`, in order."""
    return tuple(f for f in fields(table) if 'doc' in f.metadata)


def describe(f: Field[Any]) -> str:
    """Text of a parameter for people: what it does, its unit and its choices."""
    unit = f' [{f.metadata["unit"]}]' if f.metadata['unit'] else ''
    choices = f' One of: {", ".join(f.metadata["choices"])}.' if f.metadata['choices'] else ''
    return f'{f.metadata["doc"]}{unit}{choices}'


def check(name: str, f: Field[Any], value: Any) -> Any:
    """Return ``value`` in the type of the table or say what is wrong with it.

    Args:
        name: Full parameter name, for the message.
        f: Field of the table.
        value: What was given.

    Raises:
        ParameterError: Wrong type, outside the range, or not among the choices.
    """
    default = f.metadata['default']
    kind = type(default)
    if kind is tuple and isinstance(value, Iterable) and not isinstance(value, str):
        return tuple(value)
    if type(value) is not kind:
        raise ParameterError(f'parameter {name} must be a {_kind(default)} such as {default!r}, '
                             f'got {value!r}')
    low, high, choices = (f.metadata[k] for k in ('low', 'high', 'choices'))
    if low is not None and not low <= value <= high:
        raise ParameterError(f'parameter {name} must be within {low}..{high}{_unit(f)}, '
                             f'got {value}')
    if choices and value not in choices:
        raise ParameterError(f'parameter {name} must be one of {", ".join(choices)}; '
                             f'got {value!r}{_near(value, choices)}')
    return value


def refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse parameter names that no table has: ROS itself would ignore them silently.

    Raises:
        ParameterError: Names the first unknown parameter and the ones that look like it.
    """
    known = set(known)
    for name in sorted(given):
        if name not in known:
            raise ParameterError(f'unknown parameter {name}{_near(name, known)}; the node knows: '
                                 f'{", ".join(sorted(known))}')


def build(table: type[T], values: Mapping[str, Any], prefix: str = '') -> T:
    """Check every value and make the table.

    Args:
        table: Dataclass whose fields were made with `param`.
        values: Field name -> value; missing ones take their default.
        prefix: Put before the names in error messages, e.g. ``contract.``.

    Raises:
        ParameterError: A value does not fit.
    """
    described = {f.name: f for f in table_fields(table)}
    return table(**{name: check(prefix + name, described[name], value)
                    for name, value in values.items()})


def _kind(default: Any) -> str:
    names: dict[type[Any], str] = {bool: 'bool', int: 'whole number', float: 'float',
                                   str: 'string', tuple: 'list'}
    return names[type(default)]


def _unit(f: Field[Any]) -> str:
    return f' {f.metadata["unit"]}' if f.metadata['unit'] else ''


def _near(value: object, valid: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(value), list(valid), n=3)
    return f' (did you mean {" or ".join(near)}?)' if near else ''


