"""Actions: what a launch does."""

from launch.actions.declare_launch_argument import DeclareLaunchArgument
from launch.actions.events import (
    EmitEvent,
    RegisterEventHandler,
    Shutdown,
    TimerAction,
    UnregisterEventHandler,
)
from launch.actions.execute_process import ExecuteProcess
from launch.actions.include_launch_description import IncludeLaunchDescription
from launch.actions.opaque import LogInfo, OpaqueFunction
from launch.actions.variables import (
    AppendEnvironmentVariable,
    GroupAction,
    PopEnvironment,
    PopLaunchConfigurations,
    PushEnvironment,
    PushLaunchConfigurations,
    ResetEnvironment,
    ResetLaunchConfigurations,
    SetEnvironmentVariable,
    SetLaunchConfiguration,
    UnsetEnvironmentVariable,
    UnsetLaunchConfiguration,
)

from embedded_ros.missing import refusal

__all__ = [
    'AppendEnvironmentVariable', 'DeclareLaunchArgument', 'EmitEvent', 'ExecuteProcess',
    'GroupAction', 'IncludeLaunchDescription', 'LogInfo', 'OpaqueFunction',
    'PopEnvironment', 'PopLaunchConfigurations', 'PushEnvironment',
    'PushLaunchConfigurations', 'RegisterEventHandler', 'ResetEnvironment',
    'ResetLaunchConfigurations', 'SetEnvironmentVariable', 'SetLaunchConfiguration', 'Shutdown',
    'TimerAction', 'UnregisterEventHandler', 'UnsetEnvironmentVariable',
    'UnsetLaunchConfiguration',
]  # fmt: skip

__getattr__ = refusal(
    __name__,
    (
        'ExecuteLocal', 'ForEach', 'ForLoop', 'Log', 'LogDebug', 'LogError', 'LogWarning',
        'OpaqueCoroutine',
    ),
    'use ExecuteProcess, OpaqueFunction and LogInfo',
)
