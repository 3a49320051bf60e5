"""The entities that a node has, and their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from embedded_ros.dds import DdsError, Reader, Writer
from embedded_ros.graph import Graph, GraphNode
from rclpy._rclpy_pybind11 import RCLError
from rclpy.callback_groups import CallbackGroup, ReentrantCallbackGroup
from rclpy.client import Client
from rclpy.context import Context
from rclpy.event_handler import EventHandler
from rclpy.guard_condition import GuardCondition
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.service import Service
from rclpy.subscription import Subscription
from rclpy.timer import Rate, Timer
from rclpy.waitable import Waitable


class NodeEntities:
    """The part of `Node` that lists and destroys entities."""

    _context: Context
    _graph: Graph
    _graph_node: GraphNode
    _wake_executor: Callable[[], None]

    def _init_entities(self) -> None:
        self._publishers: list[Publisher] = []
        self._subscriptions: list[Subscription] = []
        self._clients: list[Client] = []
        self._services: list[Service] = []
        self._timers: list[Timer] = []
        self._guards: list[GuardCondition] = []
        self._waitables: list[Waitable] = []
        self._rate_group = ReentrantCallbackGroup()

    # -- lists -----------------------------------------------------------------------------------

    @property
    def publishers(self) -> Iterator[Publisher]:
        """Publishers of this node."""
        yield from self._publishers

    @property
    def subscriptions(self) -> Iterator[Subscription]:
        """Subscriptions of this node."""
        yield from self._subscriptions

    @property
    def clients(self) -> Iterator[Client]:
        """Clients of this node."""
        yield from self._clients

    @property
    def services(self) -> Iterator[Service]:
        """Services of this node."""
        yield from self._services

    @property
    def timers(self) -> Iterator[Timer]:
        """Timers of this node."""
        yield from self._timers

    @property
    def guards(self) -> Iterator[GuardCondition]:
        """Guard conditions of this node."""
        yield from self._guards

    @property
    def waitables(self) -> Iterator[Waitable]:
        """Event handlers of this node's publishers and subscriptions."""
        yield from self._waitables

    def _dds_entities(self) -> Iterator[Any]:
        """Entities that a wait set must watch."""
        for entities in (self._subscriptions, self._guards, self._clients, self._services):
            yield from entities

    # -- destruction -----------------------------------------------------------------------------

    def destroy_publisher(self, publisher: Publisher) -> bool:
        """Destroy a publisher; False if it is not this node's."""
        self._drop_events(publisher)
        return self._destroy(self._publishers, publisher, publisher.handle)

    def destroy_subscription(self, subscription: Subscription) -> bool:
        """Destroy a subscription; False if it is not this node's."""
        self._drop_events(subscription)
        return self._destroy(self._subscriptions, subscription, subscription.handle)

    def destroy_client(self, client: Client) -> bool:
        """Destroy a client; False if it is not this node's."""
        return self._destroy(self._clients, client, client._writer, client._reader)

    def destroy_service(self, service: Service) -> bool:
        """Destroy a service; False if it is not this node's."""
        return self._destroy(self._services, service, service._writer, service._reader)

    def destroy_timer(self, timer: Timer) -> bool:
        """Destroy a timer; False if it is not this node's."""
        return self._destroy(self._timers, timer)

    def destroy_guard_condition(self, guard: GuardCondition) -> bool:
        """Destroy a guard condition; False if it is not this node's."""
        return self._destroy(self._guards, guard)

    def destroy_rate(self, rate: Rate) -> bool:
        """Destroy a rate; False if it is not this node's."""
        success = self.destroy_timer(rate._timer)
        rate.destroy()
        return success

    def _destroy_entities(self) -> None:
        pairs: tuple[tuple[list[Any], Callable[[Any], bool]], ...] = (
            (self._publishers, self.destroy_publisher),
            (self._subscriptions, self.destroy_subscription),
            (self._clients, self.destroy_client),
            (self._services, self.destroy_service),
            (self._timers, self.destroy_timer),
            (self._guards, self.destroy_guard_condition),
        )
        for entities, destroy in pairs:
            while entities:
                destroy(entities[0])

    # -- waitables ---------------------------------------------------------------------------------

    def add_waitable(self, waitable: Waitable) -> None:
        """Have an executor run an event handler."""
        self._waitables.append(waitable)
        self._wake_executor()

    def remove_waitable(self, waitable: Waitable) -> None:
        """Undo `add_waitable`; ValueError if it was not added."""
        self._waitables.remove(waitable)
        self._wake_executor()

    # -- internals -------------------------------------------------------------------------------

    def _add(self, entities: list[Any], entity: Any, group: CallbackGroup) -> None:
        group.add_entity(entity)
        entities.append(entity)
        self._wake_executor()

    def _create_writer(
        self, dds_topic: str, cls: Any, profile: QoSProfile, user_data: str = ''
    ) -> Writer:
        participant, graph = self._context._joined('cannot create publisher')
        try:
            writer = participant.create_writer(dds_topic, cls, profile, user_data)
        except DdsError as error:
            raise RCLError(f'Failed to create publisher: {error}') from error
        graph.add_writer(self._graph_node, writer)
        return writer

    def _create_reader(
        self, dds_topic: str, cls: Any, profile: QoSProfile, user_data: str = ''
    ) -> Reader:
        participant, graph = self._context._joined('cannot create subscription')
        try:
            reader = participant.create_reader(dds_topic, cls, profile, user_data)
        except DdsError as error:
            raise RCLError(f'Failed to create subscription: {error}') from error
        graph.add_reader(self._graph_node, reader)
        return reader

    def _forget(self, endpoint: Writer | Reader) -> None:
        remove = self._graph.remove_writer
        if isinstance(endpoint, Reader):
            remove = self._graph.remove_reader  # type: ignore[assignment]
        remove(self._graph_node, endpoint)  # type: ignore[arg-type]
        endpoint.close()

    def _destroy(self, entities: list[Any], entity: Any, *endpoints: Writer | Reader) -> bool:
        if entity not in entities:
            return False
        entities.remove(entity)
        for endpoint in endpoints:
            self._forget(endpoint)
        entity.destroy()
        self._wake_executor()
        return True

    def _drop_events(self, entity: Publisher | Subscription) -> None:
        self._waitables = [each for each in self._waitables if each not in entity.event_handlers]

    def _poll_events(self) -> None:
        """After a change of the graph: look for matches and mismatches."""
        handlers = [each for each in self._waitables if isinstance(each, EventHandler)]
        if any([handler._poll() for handler in handlers]):
            self._wake_executor()
