"""Substitutions for truth values: 'true' or 'false'."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution, SubstitutionFailure
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)
from launch.utilities.type_utils import coerce_to_type, is_substitution

_TRUTH = {'true': True, '1': True, 'false': False, '0': False}


class _TruthFunction(Substitution):
    """A truth value made of others."""

    _combine: Callable[[list[bool]], bool]

    def __init__(self, *args: SomeSubstitutionsType) -> None:
        self.args = [normalize_to_list_of_substitutions(arg) for arg in args]

    def describe(self) -> str:
        """The values, as a call."""
        return f'{type(self).__name__}({" ".join(describe_substitutions(a) for a in self.args)})'

    def perform(self, context: LaunchContext) -> str:
        """'true' or 'false'."""
        return _text(self._combine([_truth(context, arg) for arg in self.args]))


class AnySubstitution(_TruthFunction):
    """Whether at least one value is true."""

    _combine = staticmethod(any)


class AllSubstitution(_TruthFunction):
    """Whether all values are true."""

    _combine = staticmethod(all)


class NotSubstitution(_TruthFunction):
    """The opposite of a truth value."""

    _combine = staticmethod(lambda values: not values[0])

    def __init__(self, value: SomeSubstitutionsType) -> None:
        super().__init__(value)


class AndSubstitution(AllSubstitution):
    """Whether both values are true."""

    def __init__(self, left: SomeSubstitutionsType, right: SomeSubstitutionsType) -> None:
        super().__init__(left, right)


class OrSubstitution(AnySubstitution):
    """Whether one of two values is true."""

    def __init__(self, left: SomeSubstitutionsType, right: SomeSubstitutionsType) -> None:
        super().__init__(left, right)


class EqualsSubstitution(_TruthFunction):
    """Whether two values are equal: as truth values, else as numbers, else as texts."""

    def __init__(self, left: Any, right: Any) -> None:
        super().__init__(_operand(left), _operand(right))

    def perform(self, context: LaunchContext) -> str:
        """'true' or 'false'."""
        left, right = (perform_substitutions(context, arg) for arg in self.args)
        return _text(_equal(left, right))


class NotEqualsSubstitution(EqualsSubstitution):
    """Whether two values differ."""

    def perform(self, context: LaunchContext) -> str:
        """'true' or 'false'."""
        return _text(super().perform(context) == 'false')


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
        self.condition = normalize_to_list_of_substitutions(condition)
        self.if_value = normalize_to_list_of_substitutions(if_value)
        self.else_value = normalize_to_list_of_substitutions(else_value)

    def describe(self) -> str:
        """Condition and texts, as a call."""
        parts = (self.condition, self.if_value, self.else_value)
        return f'IfElseSubstitution({", ".join(describe_substitutions(part) for part in parts)})'

    def perform(self, context: LaunchContext) -> str:
        """The chosen text."""
        chosen = self.if_value if _truth(context, self.condition) else self.else_value
        return perform_substitutions(context, chosen)


def _truth(context: LaunchContext, value: Iterable[Substitution]) -> bool:
    try:
        return coerce_to_type(perform_substitutions(context, value), bool)
    except ValueError as error:
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
    if left.lower() in _TRUTH and right.lower() in _TRUTH:
        return _TRUTH[left.lower()] == _TRUTH[right.lower()]
    try:
        return math.isclose(float(left), float(right))
    except ValueError:
        return left == right
