"""Conditions: whether an action is executed."""

import warnings
from collections.abc import Sequence

from launch.condition import Condition
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

__all__ = [
    'IfCondition',
    'InvalidConditionExpressionError',
    'LaunchConfigurationEquals',
    'LaunchConfigurationNotEquals',
    'UnlessCondition',
    'evaluate_condition_expression',
]

_VALID_EXPRESSIONS = {'true': True, '1': True, 'false': False, '0': False}


class InvalidConditionExpressionError(ValueError):
    """The text of a condition is no truth value."""

    def __init__(
        self,
        expression: str,
        unexpanded_expression: Sequence[Substitution],
        valid_expressions: Sequence[str],
    ) -> None:
        super().__init__(
            'invalid condition expression, expected one of '
            f"[{', '.join(valid_expressions)}] but got '{expression}', expanded from "
            f"'{' + '.join(str(sub) for sub in unexpanded_expression)}'"
        )


def evaluate_condition_expression(
    context: LaunchContext, expression: Sequence[Substitution]
) -> bool:
    """Truth value of 'true', '1', 'false' or '0', in any case and with spaces around.

    Raises:
        InvalidConditionExpressionError: The text is none of them.
    """
    text = perform_substitutions(context, expression).strip().lower()
    if text not in _VALID_EXPRESSIONS:
        raise InvalidConditionExpressionError(text, expression, tuple(_VALID_EXPRESSIONS))
    return _VALID_EXPRESSIONS[text]


class IfCondition(Condition):
    """True when an expression is true."""

    def __init__(self, predicate_expression: SomeSubstitutionsType) -> None:
        self._expression = normalize_to_list_of_substitutions(predicate_expression)
        super().__init__(predicate=self._predicate_func)

    def _predicate_func(self, context: LaunchContext) -> bool:
        return evaluate_condition_expression(context, self._expression)


class UnlessCondition(IfCondition):
    """True when an expression is false."""

    def _predicate_func(self, context: LaunchContext) -> bool:
        return not super()._predicate_func(context)


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
        warnings.warn(
            "The 'LaunchConfigurationEquals' and 'LaunchConfigurationNotEquals' Conditions are "
            "deprecated. Use the 'EqualsSubstitution' and 'NotEqualsSubstitution' substitutions "
            'instead, e.g. IfCondition(EqualsSubstitution(LaunchConfiguration('
            "'some_launch_arg'), 'some_equality_check'))",
            UserWarning,
            stacklevel=2,
        )
        self._name = launch_configuration_name
        self._expected_value = (
            None if expected_value is None else normalize_to_list_of_substitutions(expected_value)
        )
        super().__init__(predicate=self._predicate_func)

    def _predicate_func(self, context: LaunchContext) -> bool:
        value = context.launch_configurations.get(self._name)
        if self._expected_value is None or value is None:
            return self._expected_value is None and value is None
        return value == perform_substitutions(context, self._expected_value)


class LaunchConfigurationNotEquals(LaunchConfigurationEquals):
    """True when a launch configuration has another value."""

    def _predicate_func(self, context: LaunchContext) -> bool:
        return not super()._predicate_func(context)
