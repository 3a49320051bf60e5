"""Events of managed nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from launch import Event
from launch_ros.events.matchers import matches_node_name

if TYPE_CHECKING:
    from launch_ros.actions import LifecycleNode

__all__ = ['ChangeState', 'StateTransition', 'matches_node_name']

# The constants of lifecycle_msgs/msg/Transition and State; a test compares them.
TRANSITIONS = {
    0: 'TRANSITION_CREATE',
    1: 'TRANSITION_CONFIGURE',
    2: 'TRANSITION_CLEANUP',
    3: 'TRANSITION_ACTIVATE',
    4: 'TRANSITION_DEACTIVATE',
    5: 'TRANSITION_UNCONFIGURED_SHUTDOWN',
    6: 'TRANSITION_INACTIVE_SHUTDOWN',
    7: 'TRANSITION_ACTIVE_SHUTDOWN',
    8: 'TRANSITION_DESTROY',
}
STATES = {
    0: 'PRIMARY_STATE_UNKNOWN',
    1: 'PRIMARY_STATE_UNCONFIGURED',
    2: 'PRIMARY_STATE_INACTIVE',
    3: 'PRIMARY_STATE_ACTIVE',
    4: 'PRIMARY_STATE_FINALIZED',
    10: 'TRANSITION_STATE_CONFIGURING',
    11: 'TRANSITION_STATE_CLEANINGUP',
    12: 'TRANSITION_STATE_SHUTTINGDOWN',
    13: 'TRANSITION_STATE_ACTIVATING',
    14: 'TRANSITION_STATE_DEACTIVATING',
    15: 'TRANSITION_STATE_ERRORPROCESSING',
}


class ChangeState(Event):
    """Managed nodes are to make a transition."""

    name = 'launch_ros.events.lifecycle.ChangeState'
    valid_transitions = TRANSITIONS
    valid_states = STATES

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
        if transition_id not in TRANSITIONS:
            expected = ', '.join(f'{name}: {number}' for number, name in TRANSITIONS.items())
            raise ValueError(
                f"given transition_id of '{transition_id}', expected one of {{{expected}}}"
            )
        self._lifecycle_node_matcher = lifecycle_node_matcher
        self._transition_id = transition_id

    @property
    def lifecycle_node_matcher(self) -> Callable[[LifecycleNode], bool]:
        """Tells of an action whether its node is meant."""
        return self._lifecycle_node_matcher

    @property
    def transition_id(self) -> int:
        """The transition."""
        return self._transition_id


class StateTransition(Event):
    """A managed node made a transition."""

    name = 'launch_ros.events.lifecycle.StateTransition'

    def __init__(self, *, action: LifecycleNode, msg: Any) -> None:
        """Store the transition.

        Args:
            action: Action that runs the node.
            msg: The node's lifecycle_msgs/msg/TransitionEvent.
        """
        self._action = action
        self._msg = msg

    @property
    def action(self) -> LifecycleNode:
        """Action that runs the node."""
        return self._action

    @property
    def msg(self) -> Any:
        """The node's message."""
        return self._msg

    @property
    def timestamp(self) -> int:
        """When it happened [ns]."""
        return self._msg.timestamp

    @property
    def transition(self) -> str:
        """Label of the transition."""
        return self._msg.transition.label

    @property
    def start_state(self) -> str:
        """Label of the state before."""
        return self._msg.start_state.label

    @property
    def goal_state(self) -> str:
        """Label of the state after."""
        return self._msg.goal_state.label
