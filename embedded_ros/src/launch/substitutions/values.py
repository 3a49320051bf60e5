"""Substitutions for launch configurations and what is computed from them."""

import importlib
import os
import re
import secrets
import socket
from collections.abc import Iterable
from typing import Any

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution, SubstitutionFailure
from launch.utilities import (
    describe_substitutions,
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)


def normalize_default(default: Any) -> list[Substitution] | None:
    """Substitutions for a default that may also be a number, a truth value or a list."""
    if default is None:
        return None
    items = default if isinstance(default, Iterable) else (default,)
    return normalize_to_list_of_substitutions(
        [item if isinstance(item, str | Substitution) else str(item) for item in items]
    )


class LaunchConfiguration(Substitution):
    """Value of a launch argument or launch configuration."""

    def __init__(self, variable_name: SomeSubstitutionsType, *, default: Any = None) -> None:
        """Store the name.

        Args:
            variable_name: Name of the launch configuration.
            default: Value when it is not set; without one that is an error.
        """
        self._variable_name = normalize_to_list_of_substitutions(variable_name)
        self._default = normalize_default(default)

    @property
    def variable_name(self) -> list[Substitution]:
        """Name of the launch configuration."""
        return self._variable_name

    def describe(self) -> str:
        """Name of the launch configuration, as a call."""
        return f'LaunchConfig({describe_substitutions(self._variable_name)})'

    def perform(self, context: LaunchContext) -> str:
        """Value of the launch configuration, else the default."""
        name = perform_substitutions(context, self._variable_name)
        if name in context.launch_configurations:
            return context.launch_configurations[name]
        if self._default is None:
            raise SubstitutionFailure(f"launch configuration '{name}' does not exist")
        return perform_substitutions(context, self._default)


class PathJoinSubstitution(Substitution):
    """Parts of a path joined; a part may itself be a list, which is concatenated first."""

    def __init__(self, substitutions: Iterable[SomeSubstitutionsType]) -> None:
        if isinstance(substitutions, str | Substitution):
            substitutions = [substitutions]
        self._substitutions = [normalize_to_list_of_substitutions(sub) for sub in substitutions]

    @property
    def substitutions(self) -> list[list[Substitution]]:
        """Parts of the path."""
        return self._substitutions

    def describe(self) -> str:
        """The parts, as a call."""
        parts = ', '.join(describe_substitutions(part) for part in self._substitutions)
        return f'PathJoin({parts})'

    def perform(self, context: LaunchContext) -> str:
        """The joined path."""
        parts = (''.join(sub.perform(context) for sub in part) for part in self._substitutions)
        return os.path.join(*parts)


class PythonExpression(Substitution):
    """Result of a Python expression, as text."""

    def __init__(
        self,
        expression: SomeSubstitutionsType,
        python_modules: SomeSubstitutionsType = ('math',),
    ) -> None:
        """Store the expression.

        Args:
            expression: The expression; its pieces are joined, then evaluated.
            python_modules: Modules it may use; the names in `math` need no prefix.
        """
        ensure_argument_type(
            expression, (str, Substitution, Iterable), 'expression', 'PythonExpression'
        )
        self._expression = normalize_to_list_of_substitutions(expression)
        self._python_modules = normalize_to_list_of_substitutions(python_modules)

    @property
    def expression(self) -> list[Substitution]:
        """Pieces of the expression."""
        return self._expression

    @property
    def python_modules(self) -> list[Substitution]:
        """Modules that the expression may use."""
        return self._python_modules

    def describe(self) -> str:
        """The expression, as a call."""
        modules = ', '.join(module.describe() for module in self._python_modules)
        return f'PythonExpr({describe_substitutions(self._expression)}, [{modules}])'

    def perform(self, context: LaunchContext) -> str:
        """Text of the expression's value."""
        names: dict[str, Any] = {}
        for substitution in self._python_modules:
            module = importlib.import_module(context.perform_substitution(substitution))
            if module.__name__ == 'math':
                names.update(vars(module))
            names[module.__name__] = module
        return str(eval(perform_substitutions(context, self._expression), {}, names))


class AnonName(Substitution):
    """Name that nobody else has; the same within one launch for the same base name."""

    def __init__(self, name: SomeSubstitutionsType) -> None:
        self._name = normalize_to_list_of_substitutions(name)

    @property
    def name(self) -> list[Substitution]:
        """Base of the name."""
        return self._name

    def describe(self) -> str:
        """Base of the name, as a call."""
        return f'AnonName({describe_substitutions(self._name)})'

    def perform(self, context: LaunchContext) -> str:
        """The unique name."""
        name = perform_substitutions(context, self._name)
        key = f'anon{name}'
        if key not in context.launch_configurations:
            unique = f'{name}_{socket.gethostname()}_{os.getpid()}_{secrets.randbits(63)}'
            context.launch_configurations[key] = re.sub('[.:-]', '_', unique)
        return context.launch_configurations[key]
