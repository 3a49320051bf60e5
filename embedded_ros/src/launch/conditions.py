"""Conditions: whether an action is executed."""

from collections.abc import Callable, Sequence

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import (
    normalize_optional,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

_VALID_EXPRESSIONS = {'true': True, '1': True, 'false': False, '0': False}


class Condition:
    """A question about the launch context."""

    def __init__(self, *, predicate: Callable[[LaunchContext], bool] | None = None) -> None:
        self._predicate = predicate

    def evaluate(self, context: LaunchContext) -> bool:
        """Answer of the question in a context; False if there is no question."""
        return self._predicate is not None and self._predicate(context)


class InvalidConditionExpressionError(ValueError):
    """The text of a condition is no truth value."""


def evaluate_condition_expression(
    context: LaunchContext, expression: Sequence[Substitution]
) -> bool:
    """Truth value of 'true', '1', 'false' or '0', in any case and with spaces around.

    Raises:
        InvalidConditionExpressionError: The text is none of them.
    """
    text = perform_substitutions(context, expression).strip().lower()
    if text not in _VALID_EXPRESSIONS:
        raise InvalidConditionExpressionError(
            f'invalid condition expression, expected one of [{", ".join(_VALID_EXPRESSIONS)}] but '
            f"got '{text}', expanded from '{' + '.join(str(sub) for sub in expression)}'"
        )
    return _VALID_EXPRESSIONS[text]


class IfCondition(Condition):
    """True when an expression is true."""

    def __init__(self, predicate_expression: SomeSubstitutionsType) -> None:
        super().__init__(predicate=self._is_true)
        self._expression = normalize_to_list_of_substitutions(predicate_expression)

    def _is_true(self, context: LaunchContext) -> bool:
        return evaluate_condition_expression(context, self._expression)


class UnlessCondition(IfCondition):
    """True when an expression is false."""

    def _is_true(self, context: LaunchContext) -> bool:
        return not super()._is_true(context)


class LaunchConfigurationEquals(Condition):
    """True when a launch configuration has a value; deprecated for `EqualsSubstitution`."""

    def __init__(
        self, launch_configuration_name: str, expected_value: SomeSubstitutionsType | None
    ) -> None:
        """Store what to compare.

        Args:
            launch_configuration_name: Name of the launch configuration.
            expected_value: Its value; None means that it is not set.
        """
        super().__init__(predicate=self._is_true)
        self._name = launch_configuration_name
        self._expected_value = normalize_optional(expected_value)

    def _is_true(self, context: LaunchContext) -> bool:
        expected = None
        if self._expected_value is not None:
            expected = perform_substitutions(context, self._expected_value)
        return context.launch_configurations.get(self._name) == expected


class LaunchConfigurationNotEquals(LaunchConfigurationEquals):
    """True when a launch configuration has another value."""

    def _is_true(self, context: LaunchContext) -> bool:
        return not super()._is_true(context)
