"""An arm under ros2_control: policy_node and robot_bridge, and a simulated arm when asked for."""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, RegisterEventHandler
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from segue_core.launch_events import node_exited, policy_exited

PACKAGE = 'segue'
OF_POLICY = ('policy', 'checkpoint')


def nodes(context: LaunchContext) -> list:
    """Make the nodes; an argument that was given overrides the file."""
    file = LaunchConfiguration('params_file')
    if not Path(file.perform(context)).is_file():
        raise RuntimeError(f'params_file:={file.perform(context)} is no file')
    given = {name: text for name in OF_POLICY
             if (text := LaunchConfiguration(name).perform(context))}
    policy = Node(package=PACKAGE, executable='policy_node', name='policy_node', namespace='/',
                  output='screen', parameters=[file, given])
    bridge = Node(package=PACKAGE, executable='robot_bridge', name='robot_bridge', namespace='/',
                  output='screen', parameters=[file])
    arm = Node(package=PACKAGE, executable='simulated_controller', name='simulated_controller',
               output='screen', parameters=[file],
               condition=IfCondition(LaunchConfiguration('simulate')))
    started = [bridge]
    if urdf := LaunchConfiguration('urdf').perform(context):
        started.append(Node(package=PACKAGE, executable='robot_model', name='robot_model',
                            output='screen', parameters=[{'urdf': urdf}]))
    return [arm, policy, *started, *(
        RegisterEventHandler(OnProcessExit(target_action=node, on_exit=node_exited))
        for node in started),
        RegisterEventHandler(OnProcessExit(target_action=policy, on_exit=policy_exited))]


def generate_launch_description() -> LaunchDescription:
    """Describe the launch."""
    default = PathJoinSubstitution([FindPackageShare(PACKAGE), 'config', 'ros2_control.yaml'])
    return LaunchDescription([
        DeclareLaunchArgument('params_file', default_value=default,
                              description='Parameters of all nodes: joints, limits, controller.'),
        DeclareLaunchArgument('simulate', default_value='false', choices=['true', 'false'],
                              description='Start a simulated controller instead of a robot.'),
        DeclareLaunchArgument('urdf', default_value='',
                              description='Show this robot description in rviz; leave it empty '
                              'where a robot_state_publisher runs.'),
        *(DeclareLaunchArgument(name, default_value='',
                                description=f'Overrides policy_node {name} of params_file.')
          for name in OF_POLICY),
        OpaqueFunction(function=nodes),
    ])
