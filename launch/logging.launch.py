"""Keeps a run that goes on beside it: a session log, a bag, or both."""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from segue_core.bags import absolute
from segue_core.parameter_file import contract_of, read_parameters

ARGUMENTS = {
    'params_file': 'Parameters of the run; its contract says which cameras and joints there are.',
    'log_dir': 'Folder for session logs; empty for none.',
    'bag': 'Folder of the bag to make; empty for none.',
    'namespace': "Of the robot's nodes.",
}
TOPICS = ('action_chunk', 'chunk_request', 'commanded_joint_states', 'bridge_status',
          'policy_status', 'task', 'subtask', 'episode', 'planned_trajectory', '/diagnostics')
"""What a bag has besides the inputs of the contract."""
PATIENCE = '15'
"""How long after Ctrl-C a log and a bag may take to be completed on a slow disk [s]."""


def programs(context: LaunchContext) -> list:
    """Make what was asked for."""
    file, log_dir, bag, namespace = (
        LaunchConfiguration(name).perform(context) for name in ARGUMENTS)
    if not log_dir and not bag:
        raise RuntimeError('give log_dir:=<folder>, bag:=<folder>, or both')
    made: list = []
    if log_dir:
        made.append(Node(package='segue', executable='session_logger', name='session_logger',
                         namespace=namespace, output='screen', sigterm_timeout=PATIENCE,
                         parameters=[file, {'log_dir': log_dir}]))
    if bag:
        inputs = contract_of(read_parameters(Path(file), 'robot_bridge')).inputs
        topics = dict.fromkeys(absolute(topic, namespace)
                               for topic in (*(i.topic for i in inputs), *TOPICS))
        made.append(ExecuteProcess(cmd=['ros2', 'bag', 'record', '-s', 'mcap', '-o', bag, *topics],
                                   name='bag', output='screen', sigterm_timeout=PATIENCE))
    return made


def generate_launch_description() -> LaunchDescription:
    """Describe the launch."""
    return LaunchDescription([
        DeclareLaunchArgument('params_file', description=ARGUMENTS['params_file']),
        *(DeclareLaunchArgument(name, default_value='', description=text)
          for name, text in ARGUMENTS.items() if name != 'params_file'),
        OpaqueFunction(function=programs),
    ])
