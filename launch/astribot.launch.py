"""Astribot S1: policy_node and robot_bridge; with emulate:=true a robot that is not there."""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from segue_core.launch_events import node_exited, policy_exited

PACKAGE = 'segue'
EMULATED = {'astribot.sdk': 'robot_bridge.emulators.astribot.sdk', 'confirm_start': False}
OVERRIDES = {  # launch argument -> (node, parameter)
    'policy': ('policy_node', 'policy'),
    'checkpoint': ('policy_node', 'checkpoint'),
    'task': ('robot_bridge', 'task'),
    'mode': ('robot_bridge', 'astribot.mode'),
}


def nodes(context: LaunchContext) -> list:
    """Make the nodes; an argument that was given overrides the file."""
    file = LaunchConfiguration('params_file')
    if not Path(file.perform(context)).is_file():
        raise RuntimeError(f'params_file:={file.perform(context)} is no file')
    emulated = LaunchConfiguration('emulate').perform(context) == 'true'
    given: dict = {'policy_node': {}, 'robot_bridge': dict(EMULATED) if emulated else {}}
    for argument, (node, parameter) in OVERRIDES.items():
        if text := LaunchConfiguration(argument).perform(context):
            given[node][parameter] = text
    # With the namespace the overrides are of this very node, which beats the file's.
    policy = Node(package=PACKAGE, executable='policy_node', name='policy_node', namespace='/',
                  output='screen', parameters=[file, given['policy_node']])
    started = [Node(package=PACKAGE, executable='robot_bridge', name='robot_bridge', namespace='/',
                    output='screen', parameters=[file, given['robot_bridge']])]
    if emulated:
        started.append(Node(package=PACKAGE, executable='astribot_emulator', namespace='/',
                            name='astribot_emulator', output='screen', parameters=[file]))
    return [policy, *started, *(
        RegisterEventHandler(OnProcessExit(target_action=node, on_exit=node_exited))
        for node in started),
        RegisterEventHandler(OnProcessExit(target_action=policy, on_exit=policy_exited))]


def generate_launch_description() -> LaunchDescription:
    """Describe the launch."""
    default = PathJoinSubstitution([FindPackageShare(PACKAGE), 'config', 'astribot.yaml'])
    return LaunchDescription([
        DeclareLaunchArgument('params_file', default_value=default,
                              description='Parameters of all nodes: joints, limits, ready pose.'),
        DeclareLaunchArgument('emulate', default_value='false', choices=['true', 'false'],
                              description='No robot: an emulated one that moves at once.'),
        *(DeclareLaunchArgument(name, default_value='',
                                description=f'Overrides {node} {parameter} of params_file.')
          for name, (node, parameter) in OVERRIDES.items()),
        OpaqueFunction(function=nodes),
    ])
