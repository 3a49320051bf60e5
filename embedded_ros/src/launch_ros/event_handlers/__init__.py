"""Event handlers of managed nodes."""

from collections.abc import Callable
from typing import Any

from launch import Event, EventHandler, SomeEntitiesType
from launch_ros.actions import LifecycleNode
from launch_ros.events.lifecycle import StateTransition

__all__ = ['OnStateTransition']


class OnStateTransition(EventHandler):
    """Handles the transitions of managed nodes."""

    def __init__(
        self,
        *,
        entities: SomeEntitiesType,
        target_lifecycle_node: LifecycleNode | None = None,
        transition: str | None = None,
        start_state: str | None = None,
        goal_state: str | None = None,
        matcher: Callable[[Event], bool] | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe what to handle; what is None matches everything.

        Args:
            entities: Entities to visit.
            target_lifecycle_node: The node.
            transition: Label of the transition.
            start_state: Label of the state before.
            goal_state: Label of the state after.
            matcher: Matcher to use instead of all these.
            kwargs: See `EventHandler`.

        Raises:
            RuntimeError: The target is no `LifecycleNode`.
        """
        if not isinstance(target_lifecycle_node, LifecycleNode | None):
            raise RuntimeError("OnStateTransition requires a 'LifecycleNode' action as the target")
        wanted = {
            'action': target_lifecycle_node,
            'transition': transition,
            'start_state': start_state,
            'goal_state': goal_state,
        }

        def matches(event: Event) -> bool:
            return isinstance(event, StateTransition) and all(
                value is None or getattr(event, key) == value for key, value in wanted.items()
            )

        super().__init__(matcher=matcher or matches, entities=entities, **kwargs)
