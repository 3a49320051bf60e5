"""What an executor waits for, and what is ready."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from embedded_ros.dds import DdsError, GuardCondition, Reader, WaitSet

if TYPE_CHECKING:
    from rclpy.node import Node

_NS_PER_S = 10**9


class EntityWaiter:
    """One wait set, kept attached to what may run, over the life of an executor."""

    def __init__(self, wait_set: WaitSet, guard: GuardCondition) -> None:
        """Wait on a wait set.

        Args:
            wait_set: Wait set, with nothing attached.
            guard: Ends the wait; the caller clears it.
        """
        self._wait_set = wait_set
        self._guard = guard
        self._attached: dict[int, Reader | GuardCondition] = {}

    def wait(self, nodes: Sequence[Node], deadline_ns: int | None) -> list[tuple[Any, Node]]:
        """Wait until something of the nodes may run, the guard is triggered, or it is time.

        Args:
            nodes: Nodes whose entities count.
            deadline_ns: Latest return, by `time.monotonic_ns` [ns]; None: for ever.

        Returns:
            Entities that are ready and may run, with their nodes, node by node: events, timers,
            subscriptions, guard conditions, clients and services.
        """
        self._attach(nodes)
        ready = {id(found) for found in self._wait_set.wait(_timeout_s(nodes, deadline_ns))}
        return [
            (entity, node)
            for node in nodes
            for entity in _ready(node, ready)
            if can_execute(entity)
        ]

    def close(self) -> None:
        """Delete the wait set; a thread that waits returns."""
        self._wait_set.close()

    def _attach(self, nodes: Sequence[Node]) -> None:
        wanted: dict[int, Reader | GuardCondition] = {id(self._guard): self._guard}
        for node in nodes:
            for entity in node._dds_entities():
                if can_execute(entity):
                    wanted[id(entity.handle)] = entity.handle
        if wanted.keys() == self._attached.keys():
            return
        for key in self._attached.keys() - wanted.keys():
            self._wait_set.detach(self._attached[key])
        for key in wanted.keys() - self._attached.keys():
            try:
                self._wait_set.attach(wanted[key])
            except DdsError:
                if not (wanted[key].closed or self._wait_set.closed):
                    raise
                del wanted[key]  # another thread has just destroyed it
        self._attached = wanted


def can_execute(entity: Any) -> bool:
    """Whether the entity is idle and its group lets it start."""
    return not entity._executor_event and entity.callback_group.can_execute(entity)


def _timeout_s(nodes: Sequence[Node], deadline_ns: int | None) -> float | None:
    """Time until a timer is due, an event is pending, or the deadline [s]."""
    left_ns = None if deadline_ns is None else deadline_ns - time.monotonic_ns()
    for node in nodes:
        for timer in node.timers:
            due_ns = timer._due_in_ns()
            if due_ns is not None and (left_ns is None or due_ns < left_ns) and can_execute(timer):
                left_ns = due_ns
        for entity in (*node.waitables, *node.guards):
            if entity._is_pending() and can_execute(entity):
                return 0.0
    return None if left_ns is None else max(0, left_ns) / _NS_PER_S


def _ready(node: Node, ready: set[int]) -> Iterator[Any]:
    for guard in node.guards:
        if id(guard.handle) in ready:
            guard.handle.clear()
            guard._executor_triggered = True
    yield from (waitable for waitable in node.waitables if waitable._is_pending())
    yield from (timer for timer in node.timers if timer._is_due())
    yield from (entity for entity in node.subscriptions if id(entity.handle) in ready)
    yield from (guard for guard in node.guards if guard._is_pending())
    yield from (entity for entity in node.clients if id(entity.handle) in ready)
    yield from (entity for entity in node.services if id(entity.handle) in ready)
