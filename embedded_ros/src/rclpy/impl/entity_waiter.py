"""What an executor waits for, and what is ready."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from embedded_ros.dds import DdsError, GuardCondition, Participant, Reader, WaitSet
from rclpy.constants import S_TO_NS
from rclpy.impl.entity import Entity

if TYPE_CHECKING:
    from rclpy.node import Node


class EntityWaiter:
    """One wait set, kept attached to what may run, over the life of an executor."""

    def __init__(self, participant: Participant) -> None:
        """Attach nothing but the guard; whoever waits clears it."""
        self.guard = GuardCondition(participant)
        self._wait_set = WaitSet(participant)
        self._attached: dict[int, Reader | GuardCondition] = {}

    def wait(self, nodes: Sequence[Node], deadline_ns: int | None) -> list[tuple[Entity, Node]]:
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
            if entity._can_execute()
        ]

    def close(self) -> None:
        """Delete the wait set; a thread that waits returns."""
        self._wait_set.close()
        self.guard.close()

    def _attach(self, nodes: Sequence[Node]) -> None:
        wanted: dict[int, Reader | GuardCondition] = {id(self.guard): self.guard}
        for node in nodes:
            for entity in (*node.subscriptions, *node.guards, *node.clients, *node.services):
                if entity._can_execute():
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


def _timeout_s(nodes: Sequence[Node], deadline_ns: int | None) -> float | None:
    """Time until a timer is due, an event is pending, or the deadline [s]."""
    left_ns = [] if deadline_ns is None else [deadline_ns - time.monotonic_ns()]
    for node in nodes:
        for timer in node.timers:
            due_ns = timer._due_in_ns()
            if due_ns is not None and timer._can_execute():
                left_ns.append(due_ns)
        pending = (each for each in (*node.waitables, *node.guards) if each._is_pending())
        if any(each._can_execute() for each in pending):
            return 0.0
    return max(0, min(left_ns)) / S_TO_NS if left_ns else None


def _ready(node: Node, ready: set[int]) -> Iterator[Entity]:
    for guard in node.guards:
        if id(guard.handle) in ready:
            guard.handle.clear()
            guard._triggered = True
    yield from (event for event in node.waitables if event._is_pending())
    yield from (timer for timer in node.timers if timer.is_ready())
    yield from (entity for entity in node.subscriptions if id(entity.handle) in ready)
    yield from (guard for guard in node.guards if guard._is_pending())
    yield from (entity for entity in node.clients if id(entity.handle) in ready)
    yield from (entity for entity in node.services if id(entity.handle) in ready)
