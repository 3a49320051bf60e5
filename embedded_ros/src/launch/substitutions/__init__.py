"""Substitutions: text that is only known while launching."""

from launch.substitution import SubstitutionFailure, TextSubstitution
from launch.substitutions.computed import Command, PathJoinSubstitution, PythonExpression
from launch.substitutions.logic import (
    AllSubstitution,
    AndSubstitution,
    AnySubstitution,
    EqualsSubstitution,
    IfElseSubstitution,
    NotEqualsSubstitution,
    NotSubstitution,
    OrSubstitution,
)
from launch.substitutions.lookup import (
    AnonName,
    EnvironmentVariable,
    FileContent,
    FindExecutable,
    LaunchConfiguration,
    LaunchLogDir,
    LocalSubstitution,
    ThisLaunchFile,
    ThisLaunchFileDir,
)

__all__ = [
    'AllSubstitution', 'AndSubstitution', 'AnonName', 'AnySubstitution', 'Command',
    'EnvironmentVariable', 'EqualsSubstitution', 'FileContent', 'FindExecutable',
    'IfElseSubstitution', 'LaunchConfiguration', 'LaunchLogDir', 'LocalSubstitution',
    'NotEqualsSubstitution', 'NotSubstitution', 'OrSubstitution', 'PathJoinSubstitution',
    'PythonExpression', 'SubstitutionFailure', 'TextSubstitution', 'ThisLaunchFile',
    'ThisLaunchFileDir',
]  # fmt: skip
