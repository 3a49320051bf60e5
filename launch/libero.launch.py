"""One LIBERO task: policy_node, robot_bridge with the simulator, and a recorder that reports."""

from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, EmitEvent, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from segue_core.parameter_file import read_parameters


def truth(text: str) -> bool:
    """Read true or false."""
    return {'true': True, 'false': False}[text]


PACKAGE = 'segue'
KINDS = {int: 'a whole number', float: 'a number', truth: 'true or false'}
OVERRIDES = {  # launch argument -> (node, parameter, type)
    'suite': ('robot_bridge', 'libero.suite', str),
    'task_id': ('robot_bridge', 'libero.task_id', int),
    'image_size': ('robot_bridge', 'libero.image_size', int),
    'episodes': ('robot_bridge', 'episodes.count', int),
    'delay': ('robot_bridge', 'inference_delay', int),
    'merge': ('robot_bridge', 'aggregate_fn_name', str),
    'threshold': ('robot_bridge', 'chunk_size_threshold', float),
    'policy': ('policy_node', 'policy', str),
    'checkpoint': ('policy_node', 'checkpoint', str),
    'actions_per_chunk': ('policy_node', 'actions_per_chunk', int),
    'max_steps': ('robot_bridge', 'episodes.max_steps', int),
    'generate_subtask': ('policy_node', 'generate_subtask', truth),
    'subtask_refresh_interval': ('policy_node', 'subtask_refresh_interval', float),
}


def nodes(context: LaunchContext) -> list:
    """Make the three nodes; an argument that was given overrides the file."""
    given: dict = {'policy_node': {}, 'robot_bridge': {}}
    for argument, (node, parameter, kind) in OVERRIDES.items():
        if text := LaunchConfiguration(argument).perform(context):
            try:
                given[node][parameter] = kind(text)
            except (ValueError, KeyError):
                raise RuntimeError(f'{argument}:={text} must be {KINDS[kind]}') from None
    if LaunchConfiguration('realtime').perform(context) == 'true':
        given['robot_bridge']['lockstep'] = False
        given['policy_node']['max_observation_age'] = 1.0   # cameras are slow on a CPU
    file = LaunchConfiguration('params_file')
    if not Path(file.perform(context)).is_file():
        raise RuntimeError(f'params_file:={file.perform(context)} is no file')
    own = read_parameters(Path(file.perform(context)), 'policy_node').get('policy')
    if own and given['policy_node'].get('policy', own) != own:     # then its checkpoint is no use
        given['policy_node'].setdefault('checkpoint', '')
    policy = Node(package=PACKAGE, executable='policy_node', name='policy_node', namespace='/',
                  output='screen', parameters=[file, given['policy_node']])
    bridge = Node(package=PACKAGE, executable='robot_bridge', name='robot_bridge', namespace='/',
                  output='screen', parameters=[file, given['robot_bridge']])
    recorder = Node(package=PACKAGE, executable='episode_recorder', name='episode_recorder',
                    output='screen', output_format='{line}',
                    parameters=[{'report_dir': LaunchConfiguration('report_dir')}])
    return [policy, bridge, recorder, *(
        RegisterEventHandler(OnProcessExit(target_action=node, on_exit=on_exit))
        for node, on_exit in ((policy, policy_exited), (bridge, node_exited),
                              (recorder, recorder_exited)))]


def node_exited(event: ProcessExited, context: LaunchContext) -> None:
    """End everything with an error when a node ended with one."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f'{event.process_name} ended with exit code {event.returncode}')


def policy_exited(event: ProcessExited, context: LaunchContext) -> None:
    """A policy that could not start ends everything; one that was killed leaves the robot held."""
    if event.returncode > 0:
        node_exited(event, context)


def recorder_exited(event: ProcessExited, context: LaunchContext) -> EmitEvent:
    """The report is written: end everything."""
    node_exited(event, context)
    return EmitEvent(event=Shutdown(reason='all episodes are done'))


def generate_launch_description() -> LaunchDescription:
    """Describe the launch."""
    default = PathJoinSubstitution([FindPackageShare(PACKAGE), 'config', 'libero.yaml'])
    return LaunchDescription([
        DeclareLaunchArgument('params_file', default_value=default,
                              description='Parameters of all nodes; the one source of truth.'),
        DeclareLaunchArgument('realtime', default_value='false', choices=['true', 'false'],
                              description='Simulate on the wall clock instead of in lockstep.'),
        DeclareLaunchArgument('report_dir', default_value='report',
                              description='Folder for the report.'),
        *(DeclareLaunchArgument(name, default_value='',
                                description=f'Overrides {node} {parameter} of params_file.')
          for name, (node, parameter, _) in OVERRIDES.items()),
        OpaqueFunction(function=nodes),
    ])
