"""Shared by the tests of the `ros2` command: the command itself, and nodes to look at."""

import io
import subprocess
import sys
from typing import NamedTuple

import launch.logging
import pytest

from rclpy.context import Context
from rclpy.node import Node
from ros2cli import cli

NODES = """
import array
import sys
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import SetBool

rclpy.init(args=[])
talker = Node('talker', namespace='/demo')
chatter = talker.create_publisher(String, 'chatter', 10)
joints = talker.create_publisher(JointState, 'joints', 10)
latched = talker.create_publisher(
    String, 'latched', QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
latched.publish(String(data='kept'))
talker.create_publisher(String, '_hidden', 10)
limits = FloatingPointRange(from_value=0.0, to_value=10.0, step=0.5)
talker.declare_parameter('gain', 1.5, ParameterDescriptor(
    description='How strong', floating_point_range=[limits]))
talker.declare_parameter('limits.list', [1, 2])
talker.declare_parameter('fixed', 'x', ParameterDescriptor(read_only=True))
talker.create_subscription(String, 'heard', lambda m: print('heard', m.data, flush=True), 10)

def tick():
    chatter.publish(String(data='hello'))
    message = JointState(name=['a', 'b'], position=array.array('d', [1.0, 2.0]))
    message.header.stamp = talker.get_clock().now().to_msg()
    joints.publish(message)

def answer(request, response):
    response.success, response.message = request.data, 'done'
    return response

talker.create_timer(0.02, tick)
talker.create_service(SetBool, 'switch', answer)
managed = LifecycleNode('managed', namespace='/demo')
executor = SingleThreadedExecutor()
executor.add_node(talker)
executor.add_node(managed)
print('ready', flush=True)
try:
    executor.spin()
except (KeyboardInterrupt, ExternalShutdownException):
    pass
"""


@pytest.fixture(scope='session')
def nodes():
    """A process with the nodes /demo/talker and /demo/managed."""
    process = subprocess.Popen([sys.executable, '-c', NODES], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == 'ready\n'
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


class Result(NamedTuple):
    """What a command line gave."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def ros2(capfd, monkeypatch):
    """Function that runs the command in this process, which is faster, and returns its result."""

    def run(*arguments, input='', env=None):
        launch.logging.reset()
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.setenv('OVERRIDE_LAUNCH_PROCESS_OUTPUT', '')
            patch.setattr(sys, 'stdin', io.StringIO(input))
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            try:
                code = cli.main(arguments)
            except SystemExit as error:
                code = error.code
        return Result(code, *capfd.readouterr())

    yield run
    launch.logging.reset()


@pytest.fixture
def start_ros2():
    """Function that starts the command in the background; it is killed after the test."""
    started = []

    def start(*arguments):
        command = [sys.executable, '-m', 'ros2cli', *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def own_node():
    """Function that makes a node in this process, apart from those of the command."""
    context = Context()
    context.init(args=[])

    def create(name):
        return Node(name, context=context, start_parameter_services=False)

    yield create
    context.shutdown()
