"""Task success under asynchrony: `ros2 run segue evaluate` with the same arguments."""

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.substitutions import ExecutableInPackage

from segue_evaluation.arguments import launch_options

OPTIONS = launch_options()


def evaluate(context: LaunchContext) -> list:
    """Make the process; arguments that have their default are not passed on."""
    command: list = [ExecutableInPackage('evaluate', 'segue')]
    for option in OPTIONS:
        command += option.command_line(LaunchConfiguration(option.name).perform(context))
    process = ExecuteProcess(cmd=command, name='evaluate', output='screen', output_format='{line}')
    return [process, RegisterEventHandler(OnProcessExit(target_action=process, on_exit=exited))]


def exited(event: ProcessExited, context: LaunchContext) -> EmitEvent:
    """End, with an error when the evaluation ended with one."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f'evaluate ended with exit code {event.returncode}')
    return EmitEvent(event=Shutdown(reason='the evaluation is done'))


def generate_launch_description() -> LaunchDescription:
    """Describe the launch."""
    return LaunchDescription([
        *(DeclareLaunchArgument(option.name, default_value=option.default, description=option.text)
          for option in OPTIONS),
        OpaqueFunction(function=evaluate),
    ])
