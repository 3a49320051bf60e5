"""The entities that a node has, and their end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from embedded_ros.dds import DdsError, Reader, Writer
from embedded_ros.graph import Graph, GraphNode
from rclpy._rclpy_pybind11 import RCLError
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.client import Client
from rclpy.context import Context
from rclpy.event_handler import EventHandler
from rclpy.guard_condition import GuardCondition
from rclpy.publisher import Publisher
from rclpy.service import Service
from rclpy.subscription import Subscription
from rclpy.timer import Rate, Timer


class NodeEntities:
    """The part of `Node` that lists and destroys entities."""

    context: Context
    _joined_graph: Graph
    _graph_node: GraphNode
    _wake_executor: Callable[[], None]

    def _init_entities(self) -> None:
        self.publishers: list[Publisher] = []
        self.subscriptions: list[Subscription] = []
        self.clients: list[Client] = []
        self.services: list[Service] = []
        self.timers: list[Timer] = []
        self.guards: list[GuardCondition] = []
        # Event handlers of publishers and subscriptions.
        self.waitables: list[EventHandler] = []
        self._rate_group = ReentrantCallbackGroup()

    # -- destruction -----------------------------------------------------------------------------

    def destroy_publisher(self, publisher: Publisher) -> bool:
        """Destroy a publisher; False if it is not this node's."""
        return self._destroy(self.publishers, publisher, publisher.handle)

    def destroy_subscription(self, subscription: Subscription) -> bool:
        """Destroy a subscription; False if it is not this node's."""
        return self._destroy(self.subscriptions, subscription, subscription.handle)

    def destroy_client(self, client: Client) -> bool:
        """Destroy a client; False if it is not this node's."""
        return self._destroy(self.clients, client, client._writer, client.handle)

    def destroy_service(self, service: Service) -> bool:
        """Destroy a service; False if it is not this node's."""
        return self._destroy(self.services, service, service._writer, service.handle)

    def destroy_timer(self, timer: Timer) -> bool:
        """Destroy a timer; False if it is not this node's."""
        return self._destroy(self.timers, timer)

    def destroy_guard_condition(self, guard: GuardCondition) -> bool:
        """Destroy a guard condition; False if it is not this node's."""
        return self._destroy(self.guards, guard)

    def destroy_rate(self, rate: Rate) -> bool:
        """Destroy a rate; False if it is not this node's."""
        success = self.destroy_timer(rate._timer)
        rate.destroy()
        return success

    def _destroy_entities(self) -> None:
        pairs: tuple[tuple[list[Any], Callable[[Any], bool]], ...] = (
            (self.publishers, self.destroy_publisher),
            (self.subscriptions, self.destroy_subscription),
            (self.clients, self.destroy_client),
            (self.services, self.destroy_service),
            (self.timers, self.destroy_timer),
            (self.guards, self.destroy_guard_condition),
        )
        for entities, destroy in pairs:
            for entity in list(entities):
                destroy(entity)

    # -- internals -------------------------------------------------------------------------------

    def _add(self, entities: list[Any], entity: Any) -> Any:
        entity.callback_group.add_entity(entity)
        entities.append(entity)
        self.waitables += getattr(entity, 'event_handlers', ())
        self._wake_executor()
        return entity

    def _destroy(self, entities: list[Any], entity: Any, *endpoints: Writer | Reader) -> bool:
        if entity not in entities:
            return False
        entities.remove(entity)
        for handler in getattr(entity, 'event_handlers', ()):
            self.waitables.remove(handler)
        for endpoint in endpoints:
            self._close(endpoint)
        entity.destroy()
        self._wake_executor()
        return True

    def _open(self, create: Callable[..., Any], dds_topic: str, *arguments: Any) -> Any:
        """Create a writer or reader, and announce it as this node's."""
        participant, graph = self.context._joined(f'cannot create an endpoint of {dds_topic!r}')
        try:
            endpoint = create(participant, dds_topic, *arguments)
        except DdsError as error:
            raise RCLError(f'Failed to create an endpoint: {error}') from error
        graph.add_endpoint(self._graph_node, endpoint)
        return endpoint

    def _close(self, endpoint: Writer | Reader) -> None:
        self._joined_graph.remove_endpoint(self._graph_node, endpoint)
        endpoint.close()

    def _poll_events(self) -> None:
        """After a change of the graph: look for matches and mismatches."""
        if any([handler._poll() for handler in list(self.waitables)]):
            self._wake_executor()
