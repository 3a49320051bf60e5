"""Event handlers of managed nodes."""

from collections.abc import Callable
from typing import Any

from launch import Event, EventHandler, SomeEntitiesType
from launch_ros.actions import LifecycleNode
from launch_ros.events.lifecycle import StateTransition


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
        wanted = (target_lifecycle_node, transition, start_state, goal_state)

        def matches(event: Event) -> bool:
            if not isinstance(event, StateTransition):
                return False
            actual = (event.action, event.transition, event.start_state, event.goal_state)
            return all(w is None or w == a for w, a in zip(wanted, actual, strict=True))

        super().__init__(matcher=matcher or matches, entities=entities, **kwargs)
