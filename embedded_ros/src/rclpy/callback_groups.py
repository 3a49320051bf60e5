"""Which callbacks may run at the same time."""

from __future__ import annotations

import weakref
from threading import Lock
from typing import Any


class CallbackGroup:
    """Decides whether a callback may start; base of the two kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.entities: set[weakref.ref[Any]] = set()

    def add_entity(self, entity: Any) -> None:
        """Put a subscription, timer, service, client or guard condition into the group."""
        self.entities.add(weakref.ref(entity, self.entities.discard))

    def has_entity(self, entity: Any) -> bool:
        """Whether an entity is in the group."""
        return weakref.ref(entity) in self.entities

    def can_execute(self, entity: Any) -> bool:
        """Whether the entity's callback may start now."""
        raise NotImplementedError('CallbackGroup.can_execute: use one of its subclasses')

    def beginning_execution(self, entity: Any) -> bool:
        """Claim the group for an entity; False when it may not start."""
        raise NotImplementedError('CallbackGroup.beginning_execution: use one of its subclasses')

    def ending_execution(self, entity: Any) -> None:
        """Release the group."""
        raise NotImplementedError('CallbackGroup.ending_execution: use one of its subclasses')


class ReentrantCallbackGroup(CallbackGroup):
    """Callbacks run in parallel without limits."""

    def can_execute(self, entity: Any) -> bool:
        """Return True."""
        return True

    def beginning_execution(self, entity: Any) -> bool:
        """Return True."""
        return True

    def ending_execution(self, entity: Any) -> None:
        """Do nothing."""


class MutuallyExclusiveCallbackGroup(CallbackGroup):
    """One callback of the group runs at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._active_entity: Any = None
        self._lock = Lock()

    def can_execute(self, entity: Any) -> bool:
        """Whether no callback of the group is running."""
        return self._active_entity is None

    def beginning_execution(self, entity: Any) -> bool:
        """Claim the group; False when another callback of it is running."""
        with self._lock:
            if self._active_entity is not None:
                return False
            self._active_entity = entity
            return True

    def ending_execution(self, entity: Any) -> None:
        """Release the group."""
        with self._lock:
            self._active_entity = None
