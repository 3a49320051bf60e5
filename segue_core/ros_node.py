"""What both nodes do alike: start by themselves, run until told to stop, fail with one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.timer import Timer

LATCHED_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                         durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""For what is published once and must reach whoever comes later."""

EPISODE_QOS = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE,
                         durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""For episodes: a recorder that comes late still gets those that were."""

DISCOVERY_TIME = 0.5
"""How long a node looks around before it starts by itself [s]."""


def under(robot: str, topic: str) -> str:
    """Name of a topic of one of several robots.

    Args:
        robot: Its namespace; empty for the node's own.
        topic: One that begins with a slash is the same for all robots.
    """
    return f'{robot}/{topic}' if robot and topic[0] not in '/~' else topic


def steady_timer(node: Node, period: float, callback: Callable[[], None]) -> Timer:
    """A timer on the steady clock: it goes on when simulated time stands still.

    Args:
        node: Owner.
        period: Time between calls [s].
        callback: What to call.
    """
    return node.create_timer(period, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))


class NodeEnd(Exception):
    """A callback ends its node's process; it has logged why.

    Attributes:
        exit_code: 0 when the work is done, 1 after an error.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__(f'the node ends with exit code {exit_code}')
        self.exit_code = exit_code


def autostart(node: LifecycleNode) -> None:
    """Configure and activate a node once it has looked around, without a lifecycle manager.

    The executor that spins the node raises `NodeEnd` when it cannot start.
    """
    def start() -> None:
        timer.cancel()
        _refuse_twin(node)
        for transition in (node.trigger_configure, node.trigger_activate):
            if transition() != TransitionCallbackReturn.SUCCESS:
                raise NodeEnd(1)

    timer = steady_timer(node, DISCOVERY_TIME, start)


def _refuse_twin(node: Node) -> None:
    """Refuse to run beside another node of the same name: both would drive one robot."""
    me = node.get_name(), node.get_namespace()
    if node.get_node_names_and_namespaces().count(me) > 1:
        node.get_logger().error(
            f'another {node.get_fully_qualified_name()} runs in ROS_DOMAIN_ID '
            f'{os.environ.get("ROS_DOMAIN_ID", "0")}: stop it, use another ROS_DOMAIN_ID, or give '
            'this one a namespace')
        raise NodeEnd(1)


def run(make: Callable[[], Node], args: list[str] | None,
        expected: tuple[type[Exception], ...]) -> int:
    """Run a node until Ctrl-C, shutdown, or an error.

    Args:
        make: Makes the node; the node has ``close()``, called at the end.
        args: Command line.
        expected: Errors of ``make`` that are told in one line instead of a traceback.

    Returns:
        Exit code: 0 after a normal end, 1 after an expected error.
    """
    try:
        rclpy.init(args=args)
    except KeyboardInterrupt:
        return 0
    except Exception as error:      # the command line or a parameter file is not usable
        print(f'error: {error}', file=sys.stderr, flush=True)
        return 1
    node = None
    try:
        node = make()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    except NodeEnd as end:
        return end.exit_code
    except expected as error:
        print(f'error: {error}', file=sys.stderr, flush=True)
        return 1
    except Exception:
        if rclpy.ok():
            raise
        return 0        # told to end while it published: that is no error
    finally:
        if node is not None:
            node.close()
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
