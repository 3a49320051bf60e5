"""Substitutions: text that is only known while launching."""

from launch.substitution import SubstitutionFailure, TextSubstitution
from launch.substitutions.environment import (
    Command,
    EnvironmentVariable,
    FileContent,
    FindExecutable,
)
from launch.substitutions.location import (
    LaunchLogDir,
    LocalSubstitution,
    ThisLaunchFile,
    ThisLaunchFileDir,
)
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
from launch.substitutions.values import (
    AnonName,
    LaunchConfiguration,
    PathJoinSubstitution,
    PythonExpression,
)

__all__ = [
    'AllSubstitution',
    'AndSubstitution',
    'AnonName',
    'AnySubstitution',
    'Command',
    'EnvironmentVariable',
    'EqualsSubstitution',
    'FileContent',
    'FindExecutable',
    'IfElseSubstitution',
    'LaunchConfiguration',
    'LaunchLogDir',
    'LocalSubstitution',
    'NotEqualsSubstitution',
    'NotSubstitution',
    'OrSubstitution',
    'PathJoinSubstitution',
    'PythonExpression',
    'SubstitutionFailure',
    'TextSubstitution',
    'ThisLaunchFile',
    'ThisLaunchFileDir',
]
