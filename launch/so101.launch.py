"""An SO101: policy_node, robot_bridge, cameras, and with emulate:=true the servos as well."""

from pathlib import Path

import yaml
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit, OnProcessIO
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from segue_core.launch_events import node_exited, policy_exited
from segue_core.paths import resolve

PACKAGE = 'segue'
OVERRIDES = {  # launch argument -> (node, parameter)
    'port': ('robot_bridge', 'so101.port'),
    'id': ('robot_bridge', 'so101.id'),
    'task': ('robot_bridge', 'task'),
    'policy': ('policy_node', 'policy'),
    'checkpoint': ('policy_node', 'checkpoint'),
    'device': ('policy_node', 'device'),
}
EMULATED_PORT, CALIBRATION = '/tmp/so101', 'so101_emulated'
EMULATED = 'servos ['
"""What the emulator says when its port is there."""


def nodes(context: LaunchContext) -> list:
    """Make the nodes; an argument that was given overrides the file."""
    share = Path(FindPackageShare(PACKAGE).perform(context))
    emulate = LaunchConfiguration('emulate').perform(context) == 'true'
    file = resolve(LaunchConfiguration('params_file').perform(context) or str(
        share / 'config' / ('so101_mock.yaml' if emulate else 'so101.yaml')))
    if not file.is_file():
        raise RuntimeError(f'params_file:={file} is no file')
    given: dict = {'policy_node': {}, 'robot_bridge': {}, 'so101_emulator': {}}
    for argument, (name, parameter) in OVERRIDES.items():
        if text := LaunchConfiguration(argument).perform(context):
            given[name][parameter] = text
    if emulate:
        port = given['robot_bridge'].setdefault('so101.port', EMULATED_PORT)
        given['robot_bridge'] |= {'so101.id': CALIBRATION, 'so101.calibration_dir': str(
            share / 'config')}
        given['so101_emulator'] = {'link': port, 'calibration': str(
            share / 'config' / f'{CALIBRATION}.json')}

    emulator = Node(package=PACKAGE, executable='so101_emulator', name='so101_emulator',
                    namespace='/', output='screen', parameters=[str(file), given['so101_emulator']])
    bridge = Node(package=PACKAGE, executable='robot_bridge', name='robot_bridge', namespace='/',
                  output='screen', parameters=[str(file), given['robot_bridge']])
    policy = Node(package=PACKAGE, executable='policy_node', name='policy_node', namespace='/',
                  output='screen', parameters=[str(file), given['policy_node']])
    camera = Node(package=PACKAGE, executable='camera', name='camera', namespace='/',
                  output='screen', parameters=[str(file)])
    model = Node(package=PACKAGE, executable='robot_model', name='robot_model', namespace='/',
                 output='screen', parameters=[{'urdf': f'package://{PACKAGE}/urdf/so101.urdf'}])
    started = [emulator] if emulate else [bridge]
    if LaunchConfiguration('robot_model').perform(context) == 'true':
        started.append(model)
    if 'camera' in yaml.safe_load(file.read_text()):
        started.append(camera)
    handlers = [OnProcessExit(target_action=each, on_exit=node_exited)
                for each in (*started, bridge)]
    handlers.append(OnProcessExit(target_action=policy, on_exit=policy_exited))
    if emulate:
        handlers += [OnProcessIO(target_action=emulator, on_stdout=when_there(bridge),
                                 on_stderr=when_there(bridge))]
    return [*started, policy, *map(RegisterEventHandler, handlers)]


def when_there(bridge: Node):
    """Start the bridge once the emulated port is there."""
    return lambda event: [bridge] if EMULATED.encode() in event.text else None


def generate_launch_description() -> LaunchDescription:
    """Describe the launch."""
    return LaunchDescription([
        DeclareLaunchArgument('emulate', default_value='false', choices=['true', 'false'],
                              description='Emulate the servos; no arm and no camera is needed.'),
        DeclareLaunchArgument('robot_model', default_value='true', choices=['true', 'false'],
                              description='Publish description and transforms, for rviz; false '
                                          'where a robot_state_publisher does.'),
        DeclareLaunchArgument('params_file', default_value='',
                              description='Parameters of all nodes, a path or package://; when '
                                          'empty config/so101.yaml, or so101_mock.yaml.'),
        *(DeclareLaunchArgument(name, default_value='',
                                description=f'Overrides {node} {parameter} of params_file.')
          for name, (node, parameter) in OVERRIDES.items()),
        OpaqueFunction(function=nodes),
    ])
