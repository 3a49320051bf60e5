"""Substitutions for truth values: 'true' or 'false'."""

import math
from collections.abc import Iterable
from typing import Any

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution, SubstitutionFailure
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)
from launch.utilities.type_utils import is_substitution, perform_typed_substitution

_TRUE = ('true', '1')
_FALSE = ('false', '0')


class NotSubstitution(Substitution):
    """The opposite of a truth value."""

    def __init__(self, value: SomeSubstitutionsType) -> None:
        self._value = normalize_to_list_of_substitutions(value)

    @property
    def value(self) -> list[Substitution]:
        """The value to invert."""
        return self._value

    def describe(self) -> str:
        """The value, as a call."""
        return f'NotSubstitution({describe_substitutions(self._value)})'

    def perform(self, context: LaunchContext) -> str:
        """The opposite."""
        return _text(not _truth(context, self._value))


class _Binary(Substitution):
    """A truth value made of two."""

    def __init__(self, left: SomeSubstitutionsType, right: SomeSubstitutionsType) -> None:
        self._left = normalize_to_list_of_substitutions(left)
        self._right = normalize_to_list_of_substitutions(right)

    @property
    def left(self) -> list[Substitution]:
        """The first value."""
        return self._left

    @property
    def right(self) -> list[Substitution]:
        """The second value."""
        return self._right

    def describe(self) -> str:
        """The two values, as a call."""
        left, right = describe_substitutions(self._left), describe_substitutions(self._right)
        return f'{type(self).__name__}({left} {right})'


class AndSubstitution(_Binary):
    """Whether both values are true."""

    def perform(self, context: LaunchContext) -> str:
        """'true' or 'false'."""
        left, right = _truth(context, self.left), _truth(context, self.right)
        return _text(left and right)


class OrSubstitution(_Binary):
    """Whether one of two values is true."""

    def perform(self, context: LaunchContext) -> str:
        """'true' or 'false'."""
        left, right = _truth(context, self.left), _truth(context, self.right)
        return _text(left or right)


class _Variadic(Substitution):
    """A truth value made of any number of them."""

    def __init__(self, *args: SomeSubstitutionsType) -> None:
        self._args = [normalize_to_list_of_substitutions(arg) for arg in args]

    @property
    def args(self) -> list[list[Substitution]]:
        """The values."""
        return self._args

    def describe(self) -> str:
        """The values, as a call."""
        return f'{type(self).__name__}({" ".join(describe_substitutions(a) for a in self._args)})'


class AnySubstitution(_Variadic):
    """Whether at least one value is true."""

    def perform(self, context: LaunchContext) -> str:
        """'true' or 'false'."""
        return _text(any([_truth(context, arg) for arg in self.args]))


class AllSubstitution(_Variadic):
    """Whether all values are true."""

    def perform(self, context: LaunchContext) -> str:
        """'true' or 'false'."""
        return _text(all([_truth(context, arg) for arg in self.args]))


class EqualsSubstitution(_Binary):
    """Whether two values are equal: as truth values, else as numbers, else as texts."""

    def __init__(self, left: Any, right: Any) -> None:
        super().__init__(_operand(left), _operand(right))

    def perform(self, context: LaunchContext) -> str:
        """'true' or 'false'."""
        left = perform_substitutions(context, self.left)
        right = perform_substitutions(context, self.right)
        return _text(_equal(left, right))


class NotEqualsSubstitution(EqualsSubstitution):
    """Whether two values differ."""

    def perform(self, context: LaunchContext) -> str:
        """'true' or 'false'."""
        return _text(super().perform(context) != 'true')


class IfElseSubstitution(Substitution):
    """One of two texts, chosen by a truth value."""

    def __init__(
        self,
        condition: SomeSubstitutionsType,
        if_value: SomeSubstitutionsType = '',
        else_value: SomeSubstitutionsType = '',
    ) -> None:
        if if_value == else_value == '':
            raise RuntimeError('One of if_value and else_value must be specified')
        self._condition = normalize_to_list_of_substitutions(condition)
        self._if_value = normalize_to_list_of_substitutions(if_value)
        self._else_value = normalize_to_list_of_substitutions(else_value)

    @property
    def condition(self) -> list[Substitution]:
        """The truth value that chooses."""
        return self._condition

    @property
    def if_value(self) -> list[Substitution]:
        """Text when it is true."""
        return self._if_value

    @property
    def else_value(self) -> list[Substitution]:
        """Text when it is false."""
        return self._else_value

    def describe(self) -> str:
        """Condition and texts, as a call."""
        parts = (self._condition, self._if_value, self._else_value)
        return f'IfElseSubstitution({", ".join(describe_substitutions(part) for part in parts)})'

    def perform(self, context: LaunchContext) -> str:
        """The chosen text."""
        chosen = self._if_value if _truth(context, self._condition) else self._else_value
        return perform_substitutions(context, chosen)


def _truth(context: LaunchContext, value: Iterable[Substitution]) -> bool:
    try:
        return perform_typed_substitution(context, list(value), bool)
    except (TypeError, ValueError) as error:
        raise SubstitutionFailure(str(error)) from error


def _text(value: bool) -> str:
    return 'true' if value else 'false'


def _operand(value: Any) -> SomeSubstitutionsType:
    if is_substitution(value):
        return value
    if isinstance(value, bool):
        return _text(value)
    return '' if value is None else str(value)


def _equal(left: str, right: str) -> bool:
    if left.lower() in _TRUE + _FALSE and right.lower() in _TRUE + _FALSE:
        return (left.lower() in _TRUE) == (right.lower() in _TRUE)
    try:
        return math.isclose(float(left), float(right))
    except ValueError:
        return left == right
