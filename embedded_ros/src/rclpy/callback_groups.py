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
        raise NotImplementedError('CallbackGroup: use one of its subclasses')

    def beginning_execution(self, entity: Any) -> bool:
        """Claim the group for an entity; False when it may not start."""
        return self.can_execute(entity)

    def ending_execution(self, entity: Any) -> None:
        """Release the group."""


class ReentrantCallbackGroup(CallbackGroup):
    """Callbacks run in parallel without limits."""

    def can_execute(self, entity: Any) -> bool:
        """Return True."""
        return True


class MutuallyExclusiveCallbackGroup(CallbackGroup):
    """One callback of the group runs at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()

    def can_execute(self, entity: Any) -> bool:
        """Whether no callback of the group is running."""
        return not self._lock.locked()

    def beginning_execution(self, entity: Any) -> bool:
        """Claim the group; False when another callback of it is running."""
        return self._lock.acquire(blocking=False)

    def ending_execution(self, entity: Any) -> None:
        """Release the group."""
        self._lock.release()
