"""Parameters of nodes, as launch files describe them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from launch import LaunchContext, SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution


class ParameterValue:
    """Value of a parameter, with the type it is to have."""

    def __init__(self, value: Any, *, value_type: Any = None) -> None:
        """Describe a value.

        Args:
            value: The value, or substitutions that give it.
            value_type: bool, int, float, str or a list of one; None to go by the text.
        """
        self.value = normalize_typed_substitution(value, value_type)
        self.value_type = value_type

    def evaluate(self, context: LaunchContext) -> Any:
        """The value in a context."""
        return perform_typed_substitution(context, self.value, self.value_type)


class Parameter(ParameterValue):
    """Name and value of a parameter."""

    def __init__(self, name: SomeSubstitutionsType, value: Any, *, value_type: Any = None) -> None:
        super().__init__(value, value_type=value_type)
        self.name = normalize_to_list_of_substitutions(name)

    def evaluate(self, context: LaunchContext) -> tuple[str, Any]:
        """Name and value in a context."""
        return perform_substitutions(context, self.name), super().evaluate(context)


class ParameterFile:
    """A YAML file of parameters."""

    def __init__(
        self,
        param_file: str | os.PathLike[str] | SomeSubstitutionsType,
        *,
        allow_substs: bool | SomeSubstitutionsType = False,
    ) -> None:
        """Describe a file.

        Args:
            param_file: Path of the file.
            allow_substs: Must be false: substitutions inside of the file are not
                part of embedded ROS.

        Raises:
            NotImplementedError: Substitutions inside of the file are asked for.
        """
        if allow_substs:
            raise NotImplementedError(
                'ParameterFile(allow_substs=True): substitutions inside of parameter files are '
                'not part of embedded ROS; pass such values as a dictionary of parameters'
            )
        self.param_file = normalize_to_list_of_substitutions(
            os.fspath(param_file) if isinstance(param_file, os.PathLike) else param_file
        )

    def evaluate(self, context: LaunchContext) -> Path:
        """Path of the file in a context."""
        return Path(perform_substitutions(context, self.param_file))
