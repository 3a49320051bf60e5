"""One message of a topic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from embedded_ros.dds import DdsError, WaitSet
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerGuardCondition

if TYPE_CHECKING:
    from rclpy.node import Node


def wait_for_message(
    msg_type: Any,
    node: Node,
    topic: str,
    *,
    qos_profile: QoSProfile | int = 1,
    time_to_wait: float = -1,
) -> tuple[bool, Any]:
    """Wait for the next message of a topic; the node need not be spun.

    Args:
        msg_type: Message class.
        node: Node to subscribe with.
        topic: Name of the topic.
        qos_profile: Profile, or the depth of the default one.
        time_to_wait: Longest wait [s]; negative: for ever.

    Returns:
        (True, message), or (False, None) after the timeout or the shutdown of the context.
    """
    participant, _ = node.context._joined('cannot wait for message')
    wait_set = WaitSet(participant)
    guard = SignalHandlerGuardCondition(context=node.context)
    subscription = node.create_subscription(
        msg_type, topic, lambda _: None, qos_profile=qos_profile
    )
    end = time.monotonic() + time_to_wait if time_to_wait >= 0 else None
    try:
        wait_set.attach(subscription.handle)
        wait_set.attach(guard.handle)
        while node.context.ok():
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            wait_set.wait(left)
            if (taken := subscription._take_message()) is not None:
                return True, taken[0]
        return False, None
    except DdsError:
        if node.context.ok():
            raise
        return False, None  # shut down in another thread
    finally:
        wait_set.close()
        guard.destroy()
        node.destroy_subscription(subscription)
