"""Describe and run systems of processes: the Python part of ROS 2's `launch`."""

from launch.action import Action
from launch.conditions import Condition
from launch.event import Event
from launch.event_handler import EventHandler
from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.launch_description_entity import (
    LaunchDescriptionEntity,
    SomeEntitiesType,
    SomeEntitiesType_types_tuple,
)
from launch.launch_description_sources import InvalidLaunchFileError, LaunchDescriptionSource
from launch.launch_service import LaunchService
from launch.some_substitutions_type import SomeSubstitutionsType, SomeSubstitutionsType_types_tuple
from launch.substitution import Substitution

from embedded_ros.missing import refusal

__all__ = [
    'Action', 'Condition', 'Event', 'EventHandler', 'InvalidLaunchFileError', 'LaunchContext',
    'LaunchDescription', 'LaunchDescriptionEntity', 'LaunchDescriptionSource',
    'LaunchService', 'SomeEntitiesType', 'SomeEntitiesType_types_tuple',
    'SomeSubstitutionsType', 'SomeSubstitutionsType_types_tuple', 'Substitution',
]  # fmt: skip

__getattr__ = refusal(
    __name__, ('LaunchIntrospector', 'frontend'), 'launch files are written in Python'
)
