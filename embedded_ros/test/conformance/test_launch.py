"""launch and launch_ros: processes, arguments, events, parameters, managed nodes."""

import sys

import launch
import pytest
import yaml
from launch import LaunchContext, LaunchDescription, LaunchService
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
    SetLaunchConfiguration,
    Shutdown,
)
from launch.event_handlers import OnProcessExit, OnProcessIO, OnProcessStart
from launch.events import matches_action
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import (
    Command,
    EnvironmentVariable,
    LaunchConfiguration,
    PathJoinSubstitution,
    PythonExpression,
    TextSubstitution,
    ThisLaunchFileDir,
)
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from launch_ros.parameter_descriptions import ParameterValue
from lifecycle_msgs.msg import Transition


@pytest.fixture(autouse=True)
def log_dir(tmp_path, monkeypatch):
    monkeypatch.setenv('ROS_LOG_DIR', str(tmp_path / 'log'))
    launch.logging.reset()
    yield
    launch.logging.reset()


@pytest.fixture
def run():
    """Function that launches entities and returns the return code."""

    def run_entities(*entities, arguments=()):
        service = LaunchService(argv=list(arguments), noninteractive=True)
        service.include_launch_description(LaunchDescription(entities))
        return service.run()

    return run_entities


class Seen:
    """Collects values that substitutions have while a launch runs."""

    def __init__(self):
        self.values = []

    def __call__(self, *substitutions):
        def note(context):
            self.values += [each.perform(context) for each in substitutions]

        return OpaqueFunction(function=note)


@pytest.fixture
def see():
    return Seen()


def on(handler, **options):
    return RegisterEventHandler(handler(**options))


def test_processes_start_print_and_exit_as_events(run):
    seen = []
    process = ExecuteProcess(cmd=['sh', '-c', 'echo out; echo err >&2; exit 3'])

    def note(what, attribute):
        return lambda event, context=None: seen.append((what, getattr(event, attribute)))

    code = run(
        on(OnProcessStart, target_action=process, on_start=note('start', 'cwd')),
        on(
            OnProcessIO,
            target_action=process,
            on_stdout=note('out', 'text'),
            on_stderr=note('err', 'text'),
        ),
        on(OnProcessExit, target_action=process, on_exit=note('exit', 'returncode')),
        process,
    )
    assert code == 0 and process.return_code == 3
    assert sorted(seen) == [('err', b'err\n'), ('exit', 3), ('out', b'out\n'), ('start', None)]


def test_substitutions(run, see, monkeypatch):
    monkeypatch.setenv('ROBOT', 'arm')
    run(
        SetLaunchConfiguration('a', ['x', TextSubstitution(text='y')]),
        see(
            LaunchConfiguration('a'),
            LaunchConfiguration('b', default='none'),
            EnvironmentVariable('ROBOT'),
            EnvironmentVariable('NO_SUCH', default_value='default'),
            PythonExpression(['1 + ', '2']),
            PathJoinSubstitution(['/a', LaunchConfiguration('a'), 'b.yaml']),
            Command(['echo ', 'hello']),
        ),
    )
    assert see.values == ['xy', 'none', 'arm', 'default', '3', '/a/xy/b.yaml', 'hello\n']


def test_arguments_have_defaults_and_choices(run, see):
    declared = [
        DeclareLaunchArgument('robot', default_value='panda'),
        DeclareLaunchArgument('mode', default_value='slow', choices=['slow', 'fast']),
    ]
    values = see(LaunchConfiguration('robot'), LaunchConfiguration('mode'))
    assert run(SetLaunchConfiguration('mode', 'fast'), *declared, values) == 0
    assert see.values == ['panda', 'fast']
    assert run(SetLaunchConfiguration('mode', 'warp'), *declared) == 1
    assert run(DeclareLaunchArgument('missing')) == 1


def test_files_are_included_with_arguments(run, see, tmp_path):
    path = tmp_path / 'inner.launch.py'
    path.write_text("""
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetLaunchConfiguration
from launch.substitutions import LaunchConfiguration, ThisLaunchFileDir
def generate_launch_description():
    return LaunchDescription([
        DeclareLaunchArgument('a'),
        SetLaunchConfiguration('result', [LaunchConfiguration('a'), ' in ', ThisLaunchFileDir()]),
    ])
""")
    source = PythonLaunchDescriptionSource(str(path))
    assert run(
        IncludeLaunchDescription(source, launch_arguments={'a': 'given'}.items()),
        see(LaunchConfiguration('result')),
    ) == 0
    assert see.values == [f'given in {tmp_path}']
    with pytest.raises(Exception, match='not a launch file|launch'):
        ThisLaunchFileDir().perform(LaunchContext())


def echo(**options):
    return Node(executable='/bin/echo', **options)


def ros_arguments(node):
    return node.cmd[node.cmd.index('--ros-args') + 1 :]


def test_a_node_gets_name_namespace_and_remappings(run):
    node = echo(name='policy', namespace='left', remappings=[('a', 'b')])
    plain = echo()
    assert run(node, plain) == 0
    assert ros_arguments(node) == [
        '-r', '__node:=policy', '-r', '__ns:=/left', '-r', 'a:=b',
    ]  # fmt: skip
    assert node.node_name == '/left/policy'
    assert ros_arguments(plain) == []


def test_parameters_reach_the_node_with_their_types(run, tmp_path):
    file = tmp_path / 'a.yaml'
    file.write_text('/**: {ros__parameters: {count: 0, other: 1}}')
    show = (
        'import sys, json\n'
        'files = [open(b).read() for a, b in zip(sys.argv, sys.argv[1:]) if a == "--params-file"]\n'
        f'open("{tmp_path}/out", "w").write(json.dumps(files))'
    )
    values = {
        'count': 3,
        'rate': 30.0,
        'flag': True,
        'text': '30',
        'nested': {'deep': 'value'},
        'computed': PythonExpression('1 + 1'),
        'forced': ParameterValue(LaunchConfiguration('number'), value_type=str),
    }
    node = Node(
        executable=sys.executable,
        arguments=['-c', show],
        name='n',
        namespace='/arm',
        parameters=[file, values],
    )
    assert run(SetLaunchConfiguration('number', '101'), node) == 0
    first, second = map(yaml.safe_load, yaml.safe_load((tmp_path / 'out').read_text()))
    assert first['/**']['ros__parameters']['other'] == 1
    assert second['/arm/n']['ros__parameters'] == {
        'count': 3, 'rate': 30.0, 'flag': True, 'text': '30',
        'nested.deep': 'value', 'computed': 2, 'forced': '101',
    }  # fmt: skip


MANAGED = """
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode
rclpy.init()
node = LifecycleNode('managed')
try:
    rclpy.spin(node)
except (KeyboardInterrupt, ExternalShutdownException):
    pass
"""


def test_a_managed_node_is_led_from_state_to_state(run, see):
    node = LifecycleNode(
        executable=sys.executable, arguments=['-c', MANAGED], name='managed', namespace='/test'
    )

    def change(transition_id):
        event = ChangeState(
            lifecycle_node_matcher=matches_action(node), transition_id=transition_id
        )
        return EmitEvent(event=event)

    assert run(
        node,
        on(
            OnStateTransition,
            target_lifecycle_node=node,
            goal_state='inactive',
            entities=[
                see(TextSubstitution(text='inactive')),
                change(Transition.TRANSITION_ACTIVATE),
            ],
        ),
        on(
            OnStateTransition,
            target_lifecycle_node=node,
            goal_state='active',
            entities=[see(TextSubstitution(text='active')), Shutdown()],
        ),
        change(Transition.TRANSITION_CONFIGURE),
    ) == 0
    assert see.values == ['inactive', 'active']
