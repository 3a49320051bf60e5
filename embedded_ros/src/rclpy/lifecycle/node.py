"""Managed nodes."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from lifecycle_msgs.msg import State, Transition, TransitionDescription, TransitionEvent
from lifecycle_msgs.srv import ChangeState, GetAvailableStates, GetAvailableTransitions, GetState

from rclpy._rclpy_pybind11 import RCLError
from rclpy._rclpy_pybind11 import TransitionCallbackReturnType as TransitionCallbackReturn
from rclpy.callback_groups import CallbackGroup
from rclpy.lifecycle.managed_entity import ManagedEntity
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.lifecycle.state_machine import (
    STATES,
    TRANSITIONS,
    LifecycleState,
    LifecycleStateMachine,
    LifecycleTransition,
)
from rclpy.node import Node
from rclpy.qos import QoSProfile

_CALLBACKS = {
    'configuring': 'on_configure', 'cleaningup': 'on_cleanup', 'shuttingdown': 'on_shutdown',
    'activating': 'on_activate', 'deactivating': 'on_deactivate', 'errorprocessing': 'on_error',
}  # fmt: skip


class LifecycleNodeMixin(ManagedEntity):
    """Makes a node a managed one; initialize it after `Node`.

    Override the callbacks and call the overridden one, so that the managed entities take part.
    """

    create_publisher: Callable[..., Any]
    create_service: Callable[..., Any]
    destroy_publisher: Callable[..., bool]
    default_callback_group: CallbackGroup
    get_clock: Callable[[], Any]
    get_logger: Callable[[], Any]

    def __init__(
        self, *, enable_communication_interface: bool = True,
        callback_group: CallbackGroup | None = None,
    ) -> None:  # fmt: skip
        """Start unconfigured.

        Args:
            enable_communication_interface: Whether others can steer the node, by services.
            callback_group: Group of these services; default the node's.
        """
        self._managed_entities: set[ManagedEntity] = set()
        self._state_machine = LifecycleStateMachine()
        self._transition_event_publisher: Any = None
        if not enable_communication_interface:
            return
        self._transition_event_publisher = self.create_publisher(
            TransitionEvent, '~/transition_event', QoSProfile(depth=10)
        )
        for srv_type, name, callback in (
            (ChangeState, 'change_state', self._on_change_state),
            (GetState, 'get_state', self._on_get_state),
            (GetAvailableStates, 'get_available_states', self._on_get_available_states),
            (GetAvailableTransitions, 'get_available_transitions', self._on_get_transitions),
            (GetAvailableTransitions, 'get_transition_graph', self._on_get_transition_graph),
        ):
            self.create_service(srv_type, f'~/{name}', callback, callback_group=callback_group)

    # -- transitions -----------------------------------------------------------------------------

    def trigger_configure(self) -> TransitionCallbackReturn:
        """Go from unconfigured to inactive.

        Returns:
            What the callback returned; ERROR if it raised.

        Raises:
            RCLError: The present state has no such transition.
        """
        return self._change_state('configure')

    def trigger_cleanup(self) -> TransitionCallbackReturn:
        """Go from inactive to unconfigured; see `trigger_configure`."""
        return self._change_state('cleanup')

    def trigger_shutdown(self) -> TransitionCallbackReturn:
        """Go from any primary state to finalized; see `trigger_configure`."""
        return self._change_state('shutdown')

    def trigger_activate(self) -> TransitionCallbackReturn:
        """Go from inactive to active; see `trigger_configure`."""
        return self._change_state('activate')

    def trigger_deactivate(self) -> TransitionCallbackReturn:
        """Go from active to inactive; see `trigger_configure`."""
        return self._change_state('deactivate')

    def _change_state(self, wanted: int | str) -> TransitionCallbackReturn:
        initial = self._state_machine.state
        self._pass(self._state_machine.find(wanted))
        result = self._execute_callback(initial)
        self._pass(self._state_machine.find(result.to_label()))
        if result == TransitionCallbackReturn.ERROR:
            recovery = self._execute_callback(initial)
            self._pass(self._state_machine.find(recovery.to_label()))
        return result

    def _pass(self, transition: LifecycleTransition) -> None:
        self._state_machine.state = transition.goal
        if self._transition_event_publisher is None:
            return
        description = _description(transition)
        self._transition_event_publisher.publish(
            TransitionEvent(
                timestamp=self.get_clock().now().nanoseconds,
                transition=description.transition,
                start_state=description.start_state,
                goal_state=description.goal_state,
            )
        )

    def _execute_callback(self, previous_state: LifecycleState) -> TransitionCallbackReturn:
        name = _CALLBACKS[self._state_machine.state.label]
        try:
            result = getattr(self, name)(previous_state)
            if isinstance(result, TransitionCallbackReturn):
                return result
            problem = f'returned {result!r}, not a TransitionCallbackReturn'
        except Exception:
            problem = f'raised an exception:\n{traceback.format_exc()}'
        self.get_logger().error(f'{name} is treated as ERROR: it {problem}')
        return TransitionCallbackReturn.ERROR

    # -- callbacks -------------------------------------------------------------------------------

    def _pass_on(self, name: str, state: LifecycleState) -> TransitionCallbackReturn:
        for entity in self._managed_entities:
            result = getattr(entity, name)(state)
            if not isinstance(result, TransitionCallbackReturn):
                raise TypeError(
                    f'{name}() return value of class {type(entity)} should be '
                    f'`TransitionCallbackReturn`.\n'
                    f'Instance of the class that caused the failure: {entity}'
                )
            if result != TransitionCallbackReturn.SUCCESS:
                return result
        return TransitionCallbackReturn.SUCCESS

    # -- entities --------------------------------------------------------------------------------

    def add_managed_entity(self, entity: ManagedEntity) -> None:
        """Have an entity take part in the transitions.

        Raises:
            TypeError: It is no ManagedEntity.
        """
        if not isinstance(entity, ManagedEntity):
            raise TypeError('Expected a rclpy.lifecycle.ManagedEntity instance.')
        self._managed_entities.add(entity)

    def create_lifecycle_publisher(self, *args: Any, **kwargs: Any) -> LifecyclePublisher:
        """Create a publisher that publishes only while the node is active.

        The arguments are those of `Node.create_publisher`.
        """
        publisher = self.create_publisher(*args, **kwargs, publisher_class=LifecyclePublisher)
        self._managed_entities.add(publisher)
        return publisher

    def destroy_lifecycle_publisher(self, publisher: LifecyclePublisher) -> bool:
        """Destroy such a publisher; False if it is not this node's."""
        self._managed_entities.discard(publisher)
        return self.destroy_publisher(publisher)

    # -- services --------------------------------------------------------------------------------

    def _on_change_state(self, request: Any, response: Any) -> Any:
        try:
            result = self._change_state(request.transition.label or request.transition.id)
            response.success = result == TransitionCallbackReturn.SUCCESS
        except RCLError as error:
            self.get_logger().warning(str(error))
        return response

    def _on_get_state(self, request: Any, response: Any) -> Any:
        response.current_state = _state_message(self._state_machine.state)
        return response

    def _on_get_available_states(self, request: Any, response: Any) -> Any:
        response.available_states = [_state_message(state) for state in STATES]
        return response

    def _on_get_transitions(self, request: Any, response: Any) -> Any:
        available = self._state_machine.available_transitions()
        response.available_transitions = [_description(each) for each in available]
        return response

    def _on_get_transition_graph(self, request: Any, response: Any) -> Any:
        response.available_transitions = [_description(each) for each in TRANSITIONS]
        return response


class LifecycleNode(LifecycleNodeMixin, Node):
    """A managed node."""

    def __init__(
        self, node_name: str, *, enable_communication_interface: bool = True, **kwargs: Any
    ) -> None:
        """Create a managed node, unconfigured.

        Args:
            node_name: Name, subject to remapping.
            enable_communication_interface: Whether others can steer the node, by services.
            **kwargs: As for `Node`.
        """
        Node.__init__(self, node_name, **kwargs)
        LifecycleNodeMixin.__init__(
            self, enable_communication_interface=enable_communication_interface
        )


def _state_message(state: LifecycleState) -> State:
    return State(id=state.state_id, label=state.label)


def _description(transition: LifecycleTransition) -> TransitionDescription:
    return TransitionDescription(
        transition=Transition(id=transition.transition_id, label=transition.label),
        start_state=_state_message(transition.start),
        goal_state=_state_message(transition.goal),
    )
