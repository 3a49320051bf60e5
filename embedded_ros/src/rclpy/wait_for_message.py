"""One message of a topic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from embedded_ros.dds import DdsError, GuardCondition, WaitSet
from rclpy.qos import QoSProfile

if TYPE_CHECKING:
    from rclpy.node import Node


def wait_for_message(
    msg_type: Any, node: Node, topic: str, *, qos_profile: QoSProfile | int = 1,
    time_to_wait: float = -1,
) -> tuple[bool, Any]:  # fmt: skip
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
    wait_set, shutdown = WaitSet(participant), GuardCondition(participant)
    node.context._on_invalid(shutdown.trigger)
    subscription = node.create_subscription(
        msg_type, topic, lambda _: None, qos_profile=qos_profile
    )
    end = time.monotonic() + time_to_wait if time_to_wait >= 0 else None
    try:
        wait_set.attach(subscription.handle)
        wait_set.attach(shutdown)
        while node.context.ok() and (end is None or time.monotonic() < end):
            wait_set.wait(None if end is None else max(0.0, end - time.monotonic()))
            if (taken := subscription._take_message()) is not None:
                return True, taken[0]
        return False, None
    except DdsError:
        if node.context.ok():
            raise
        return False, None  # shut down in another thread
    finally:
        wait_set.close()
        shutdown.close()
        node.destroy_subscription(subscription)
