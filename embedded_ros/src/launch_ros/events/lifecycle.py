"""Events of managed nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from launch import Event

if TYPE_CHECKING:
    from launch_ros.actions import LifecycleNode, Node

TRANSITIONS = (  # constants of lifecycle_msgs/msg/Transition in their order; a test compares them
    'TRANSITION_CREATE', 'TRANSITION_CONFIGURE', 'TRANSITION_CLEANUP', 'TRANSITION_ACTIVATE',
    'TRANSITION_DEACTIVATE', 'TRANSITION_UNCONFIGURED_SHUTDOWN', 'TRANSITION_INACTIVE_SHUTDOWN',
    'TRANSITION_ACTIVE_SHUTDOWN', 'TRANSITION_DESTROY',
)  # fmt: skip


class ChangeState(Event):
    """Managed nodes are to make a transition."""

    name = 'launch_ros.events.lifecycle.ChangeState'

    def __init__(
        self, *, lifecycle_node_matcher: Callable[[LifecycleNode], bool], transition_id: int
    ) -> None:
        """Store the transition.

        Args:
            lifecycle_node_matcher: Tells of an action whether its node is meant.
            transition_id: A constant of lifecycle_msgs/msg/Transition.

        Raises:
            ValueError: There is no such transition.
        """
        if transition_id not in range(len(TRANSITIONS)):
            expected = ', '.join(f'{name}: {number}' for number, name in enumerate(TRANSITIONS))
            raise ValueError(f"transition_id of '{transition_id}' is none of {{{expected}}}")
        self.lifecycle_node_matcher = lifecycle_node_matcher
        self.transition_id = transition_id


class StateTransition(Event):
    """A managed node made a transition."""

    name = 'launch_ros.events.lifecycle.StateTransition'

    def __init__(self, *, action: LifecycleNode, msg: Any) -> None:
        """Store the transition and the labels of its states.

        Args:
            action: Action that runs the node.
            msg: The node's lifecycle_msgs/msg/TransitionEvent.
        """
        self.action, self.msg = action, msg
        self.timestamp: int = msg.timestamp  # [ns]
        self.transition: str = msg.transition.label
        self.start_state: str = msg.start_state.label
        self.goal_state: str = msg.goal_state.label


def matches_node_name(node_name: str) -> Callable[[Node], bool]:
    """Matcher of the node with a full name."""
    absolute = node_name if node_name.startswith('/') else f'/{node_name}'
    return lambda action: action.node_name == absolute
