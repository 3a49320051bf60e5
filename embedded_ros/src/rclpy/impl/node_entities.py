"""The entities that a node has, and their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

    _context: Context
    _graph: Graph
    _graph_node: GraphNode
    _wake_executor: Callable[[], None]

    def _init_entities(self) -> None:
        self._entities: dict[type, list[Any]] = {
            kind: [] for kind in (Publisher, Subscription, Client, Service, Timer, GuardCondition)
        }
        self._rate_group = ReentrantCallbackGroup()

    # -- lists -----------------------------------------------------------------------------------

    @property
    def publishers(self) -> Iterator[Publisher]:
        """Publishers of this node."""
        yield from self._entities[Publisher]

    @property
    def subscriptions(self) -> Iterator[Subscription]:
        """Subscriptions of this node."""
        yield from self._entities[Subscription]

    @property
    def clients(self) -> Iterator[Client]:
        """Clients of this node."""
        yield from self._entities[Client]

    @property
    def services(self) -> Iterator[Service]:
        """Services of this node."""
        yield from self._entities[Service]

    @property
    def timers(self) -> Iterator[Timer]:
        """Timers of this node."""
        yield from self._entities[Timer]

    @property
    def guards(self) -> Iterator[GuardCondition]:
        """Guard conditions of this node."""
        yield from self._entities[GuardCondition]

    @property
    def waitables(self) -> Iterator[EventHandler]:
        """Event handlers of this node's publishers and subscriptions."""
        for endpoint in (*self._entities[Publisher], *self._entities[Subscription]):
            yield from endpoint.event_handlers

    # -- destruction -----------------------------------------------------------------------------

    def destroy_publisher(self, publisher: Publisher) -> bool:
        """Destroy a publisher; False if it is not this node's."""
        return self._destroy(Publisher, publisher, publisher.handle)

    def destroy_subscription(self, subscription: Subscription) -> bool:
        """Destroy a subscription; False if it is not this node's."""
        return self._destroy(Subscription, subscription, subscription.handle)

    def destroy_client(self, client: Client) -> bool:
        """Destroy a client; False if it is not this node's."""
        return self._destroy(Client, client, client._writer, client.handle)

    def destroy_service(self, service: Service) -> bool:
        """Destroy a service; False if it is not this node's."""
        return self._destroy(Service, service, service._writer, service.handle)

    def destroy_timer(self, timer: Timer) -> bool:
        """Destroy a timer; False if it is not this node's."""
        return self._destroy(Timer, timer)

    def destroy_guard_condition(self, guard: GuardCondition) -> bool:
        """Destroy a guard condition; False if it is not this node's."""
        return self._destroy(GuardCondition, guard)

    def destroy_rate(self, rate: Rate) -> bool:
        """Destroy a rate; False if it is not this node's."""
        success = self.destroy_timer(rate._timer)
        rate.destroy()
        return success

    def _destroy_entities(self) -> None:
        for destroy, entities in (
            (self.destroy_publisher, self.publishers),
            (self.destroy_subscription, self.subscriptions),
            (self.destroy_client, self.clients),
            (self.destroy_service, self.services),
            (self.destroy_timer, self.timers),
            (self.destroy_guard_condition, self.guards),
        ):
            for entity in list(entities):  # type: ignore[call-overload]
                destroy(entity)

    # -- internals -------------------------------------------------------------------------------

    def _add(self, kind: type, entity: Any) -> Any:
        entity.callback_group.add_entity(entity)
        self._entities[kind].append(entity)
        self._wake_executor()
        return entity

    def _destroy(self, kind: type, entity: Any, *endpoints: Writer | Reader) -> bool:
        if entity not in self._entities[kind]:
            return False
        self._entities[kind].remove(entity)
        for endpoint in endpoints:
            self._close(endpoint)
        entity.destroy()
        self._wake_executor()
        return True

    def _open(self, create: Callable[..., Any], dds_topic: str, *arguments: Any) -> Any:
        """Create a writer or reader, and announce it as this node's."""
        participant, graph = self._context._joined(f'cannot create an endpoint of {dds_topic!r}')
        try:
            endpoint = create(participant, dds_topic, *arguments)
        except DdsError as error:
            raise RCLError(f'Failed to create an endpoint: {error}') from error
        graph.add_endpoint(self._graph_node, endpoint)
        return endpoint

    def _close(self, endpoint: Writer | Reader) -> None:
        self._graph.remove_endpoint(self._graph_node, endpoint)
        endpoint.close()

    def _poll_events(self) -> None:
        """After a change of the graph: look for matches and mismatches."""
        if any([handler._poll() for handler in list(self.waitables)]):
            self._wake_executor()
