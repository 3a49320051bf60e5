"""Managed nodes in launches, over DDS."""

import asyncio
import sys

import pytest
from launch import LaunchContext
from launch.actions import EmitEvent, OpaqueFunction, RegisterEventHandler, Shutdown
from launch.events import Shutdown as ShutdownEvent
from launch.events import matches_action
from launch_ros.actions import LifecycleNode, Node, SetUseSimTime
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events import matches_node_name
from launch_ros.events.lifecycle import TRANSITIONS, ChangeState
from launch_ros.ros_adapters import get_ros_node
from lifecycle_msgs.msg import Transition

MANAGED = """
import sys
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn

class Managed(LifecycleNode):
    def on_configure(self, state):
        works = '--fail' not in sys.argv
        return TransitionCallbackReturn.SUCCESS if works else TransitionCallbackReturn.FAILURE

rclpy.init()
node = Managed('managed')
try:
    rclpy.spin(node)
except (KeyboardInterrupt, ExternalShutdownException):
    pass
finally:
    node.destroy_node()
    rclpy.try_shutdown()
"""


def managed(*arguments, **options):
    return LifecycleNode(
        executable=sys.executable,
        arguments=['-c', MANAGED, *arguments],
        name='managed',
        namespace='/test',
        output='screen',
        **options,
    )


def change(node, transition_id):
    return EmitEvent(
        event=ChangeState(lifecycle_node_matcher=matches_action(node), transition_id=transition_id)
    )


def test_node_may_start_by_itself(run):
    node = managed(autostart=True)
    reached = OnStateTransition(
        start_state='activating', goal_state='active', entities=[Shutdown()]
    )
    assert run(node, RegisterEventHandler(reached)) == 0
    assert node.return_code == 0


def test_transition_that_fails_is_reported(run, screen):
    async def end_when_reported(context):
        while "Failed to make transition 'TRANSITION_CONFIGURE'" not in screen:
            await asyncio.sleep(0.01)
        context.emit_event_sync(ShutdownEvent(reason='reported'))

    def wait(context):
        context.add_completion_future(asyncio.ensure_future(end_when_reported(context)))

    node = managed('--fail')
    waiter = OpaqueFunction(function=wait)
    assert run(node, change(node, Transition.TRANSITION_CONFIGURE), waiter) == 0
    assert f"for LifecycleNode '{node.node_name}'" in screen


def test_launch_does_not_wait_for_a_node_that_ended(run, screen):
    node = LifecycleNode(executable='/bin/true', name='n', namespace='/test')
    assert run(node, change(node, Transition.TRANSITION_CONFIGURE)) == 0
    assert "Abandoning wait for the '/test/n/change_state' service" in screen


def test_constants_are_those_of_the_messages():
    for number, name in enumerate(TRANSITIONS):
        assert getattr(Transition, name) == number


def test_unknown_transition_is_refused():
    with pytest.raises(ValueError, match="transition_id of '99'"):
        ChangeState(lifecycle_node_matcher=lambda node: True, transition_id=99)


def test_target_of_the_handler_is_a_managed_node():
    with pytest.raises(RuntimeError, match='requires a .LifecycleNode.'):
        OnStateTransition(target_lifecycle_node=Node(executable='x'), entities=[])


def test_node_is_matched_by_its_name():
    node = managed()
    node._perform_substitutions(LaunchContext())
    assert matches_node_name('/test/managed')(node)
    assert matches_node_name('test/managed')(node)
    assert not matches_node_name('managed')(node)


def test_node_of_the_launch_may_use_simulated_time(run):
    def check(context):
        assert get_ros_node(context).get_parameter('use_sim_time').value is True

    assert run(SetUseSimTime(True), OpaqueFunction(function=check)) == 0
