"""Action that runs a managed ROS node."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import launch.logging
from launch import EventHandler, LaunchContext, LaunchDescriptionEntity, SomeSubstitutionsType
from launch.actions import OpaqueFunction
from launch_ros.actions.node import Node
from launch_ros.events.lifecycle import TRANSITIONS, ChangeState, StateTransition

_POLL_PERIOD = 0.2  # [s]
_CONFIGURE, _ACTIVATE = 1, 3


class LifecycleNode(Node):
    """Runs a managed node, follows its transitions and asks it to make some."""

    is_lifecycle_node = True

    def __init__(
        self,
        *,
        name: SomeSubstitutionsType,
        namespace: SomeSubstitutionsType,
        autostart: bool = False,
        **kwargs: Any,
    ) -> None:
        """Describe the node.

        Args:
            name: Name of the node.
            namespace: Its namespace.
            autostart: Configure and activate it when it has started.
            kwargs: See `Node`.
        """
        super().__init__(name=name, namespace=namespace, **kwargs)
        self._autostart = autostart
        self._has_ended = threading.Event()

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Start the node and listen to its transitions."""
        from launch_ros.ros_adapters import get_ros_node
        from lifecycle_msgs import msg, srv

        self._perform_substitutions(context)
        if not self.is_node_name_fully_specified():
            raise RuntimeError('node_name unexpectedly incomplete for lifecycle node')
        if context.is_shutdown:
            return super().execute(context)
        node = get_ros_node(context)
        topic = f'{self.node_name}/transition_event'

        def on_transition(message: msg.TransitionEvent) -> None:
            event = StateTransition(action=self, msg=message)
            if context.asyncio_loop is not None:
                context.asyncio_loop.call_soon_threadsafe(context.emit_event_sync, event)

        def is_request(event: Any) -> bool:
            return isinstance(event, ChangeState) and event.lifecycle_node_matcher(self)

        self._subscription = node.create_subscription(msg.TransitionEvent, topic, on_transition, 10)
        self._client = node.create_client(srv.ChangeState, f'{self.node_name}/change_state')
        request = OpaqueFunction(function=self._on_change_state)
        context.register_event_handler(EventHandler(matcher=is_request, entities=[request]))
        result = super().execute(context)
        completed = cast('asyncio.Future[None]', self.get_asyncio_future())
        completed.add_done_callback(lambda _: self._has_ended.set())
        if self._autostart:
            self._request(context, _CONFIGURE, _ACTIVATE)
        return result

    def _on_change_state(self, context: LaunchContext) -> None:
        self._request(context, cast(ChangeState, context.locals.event).transition_id)

    def _request(self, context: LaunchContext, *transition_ids: int) -> None:
        """Ask for transitions in the background, one after the other until one fails."""

        def run() -> bool:
            return all(self._change_state(context, number) for number in transition_ids)

        loop = cast(asyncio.AbstractEventLoop, context.asyncio_loop)
        context.add_completion_future(loop.run_in_executor(None, run))

    def _change_state(self, context: LaunchContext, transition_id: int) -> bool:
        """Ask for a transition and wait for its end; False if it failed or was abandoned."""
        from lifecycle_msgs.srv import ChangeState as ChangeStateService

        logger = launch.logging.get_logger('launch_ros.actions.lifecycle_node')
        abandoned = f"Abandoning wait for the '{self._client.srv_name}' service"
        while not self._client.wait_for_service(timeout_sec=_POLL_PERIOD):
            if self._is_hopeless(context):
                logger.warning(f'{abandoned}, due to shutdown.')
                return False
        request = ChangeStateService.Request()
        request.transition.id = transition_id
        answered = threading.Event()
        future = self._client.call_async(request)
        future.add_done_callback(lambda _: answered.set())
        while not answered.wait(_POLL_PERIOD):
            if self._is_hopeless(context):
                logger.warning(f'{abandoned} response, due to shutdown.')
                future.cancel()
                return False
        if not future.result().success:
            logger.error(
                f"Failed to make transition '{TRANSITIONS[transition_id]}' for LifecycleNode "
                f"'{self.node_name}'"
            )
        return future.result().success

    def _is_hopeless(self, context: LaunchContext) -> bool:
        return context.is_shutdown or self._has_ended.is_set()
