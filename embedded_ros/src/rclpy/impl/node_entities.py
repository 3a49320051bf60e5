"""Publishers, subscriptions, clients, services, timers and the like of a node."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from embedded_ros import names as dds_names
from embedded_ros.dds import DdsError, Reader, Writer
from embedded_ros.graph import Graph, GraphNode
from rclpy import qos_overriding_options as overriding
from rclpy._rclpy_pybind11 import RCLError
from rclpy.callback_groups import CallbackGroup, ReentrantCallbackGroup
from rclpy.client import Client
from rclpy.clock import Clock
from rclpy.constants import S_TO_NS
from rclpy.context import Context
from rclpy.event_handler import (
    EventHandler,
    PublisherEventCallbacks,
    SubscriptionEventCallbacks,
)
from rclpy.guard_condition import GuardCondition
from rclpy.impl import service_wire
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, qos_profile_services_default
from rclpy.service import Service
from rclpy.subscription import Subscription
from rclpy.timer import Rate, Timer
from rclpy.type_support import check_is_valid_msg_type, check_is_valid_srv_type
from rclpy.waitable import Waitable


class NodeEntities:
    """The part of `Node` that creates, lists and destroys entities."""

    _context: Context
    _clock: Clock
    _logger: RcutilsLogger
    _graph: Graph
    _graph_node: GraphNode
    default_callback_group: CallbackGroup
    _resolve: Callable[..., str]
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

    # -- creation --------------------------------------------------------------------------------

    def create_publisher(
        self,
        msg_type: Any,
        topic: str,
        qos_profile: QoSProfile | int,
        *,
        callback_group: CallbackGroup | None = None,
        event_callbacks: PublisherEventCallbacks | None = None,
        qos_overriding_options: overriding.QoSOverridingOptions | None = None,
        publisher_class: type[Publisher] = Publisher,
    ) -> Publisher:
        """Create a publisher.

        Args:
            msg_type: Message class.
            topic: Name, subject to remapping.
            qos_profile: Profile, or the depth of the default one.
            callback_group: Group of the event callbacks; default the node's.
            event_callbacks: Callbacks about matching subscriptions.
            qos_overriding_options: Policies that parameters may change.
            publisher_class: Class of the result.

        Raises:
            InvalidTopicNameException: The name breaks the rules.
            RCLError: The middleware refuses it.
        """
        check_is_valid_msg_type(msg_type)
        name, profile = self._prepare(Publisher, topic, qos_profile, qos_overriding_options)
        writer = self._create_writer(_dds_topic(name, profile), msg_type, profile)
        publisher = publisher_class(
            writer,
            msg_type,
            topic,
            profile,
            PublisherEventCallbacks() if event_callbacks is None else event_callbacks,
            callback_group or self.default_callback_group,
            name,
            self._logger,
        )
        self._publishers.append(publisher)
        self._waitables.extend(publisher.event_handlers)
        self._wake_executor()
        return publisher

    def create_subscription(
        self,
        msg_type: Any,
        topic: str,
        callback: Callable[..., Any],
        qos_profile: QoSProfile | int,
        *,
        callback_group: CallbackGroup | None = None,
        event_callbacks: SubscriptionEventCallbacks | None = None,
        qos_overriding_options: overriding.QoSOverridingOptions | None = None,
        raw: bool = False,
    ) -> Subscription:
        """Create a subscription.

        Args:
            msg_type: Message class.
            topic: Name, subject to remapping.
            callback: Function or coroutine function of a message, or of a message and its info.
            qos_profile: Profile, or the depth of the default one.
            callback_group: Group; default the node's.
            event_callbacks: Callbacks about matching publishers.
            qos_overriding_options: Policies that parameters may change.
            raw: Whether the callback takes the serialised bytes.

        Raises:
            InvalidTopicNameException: The name breaks the rules.
            RCLError: The middleware refuses it.
        """
        check_is_valid_msg_type(msg_type)
        name, profile = self._prepare(Subscription, topic, qos_profile, qos_overriding_options)
        group = callback_group or self.default_callback_group
        reader = self._create_reader(_dds_topic(name, profile), msg_type, profile)
        try:
            subscription = Subscription(
                reader,
                msg_type,
                topic,
                callback,
                group,
                profile,
                raw,
                SubscriptionEventCallbacks() if event_callbacks is None else event_callbacks,
                name,
                self._logger,
            )
        except Exception:
            self._forget(reader)
            raise
        self._waitables.extend(subscription.event_handlers)
        self._add(self._subscriptions, subscription, group)
        return subscription

    def create_client(
        self,
        srv_type: Any,
        srv_name: str,
        *,
        qos_profile: QoSProfile = qos_profile_services_default,
        callback_group: CallbackGroup | None = None,
    ) -> Client:
        """Create a client of a service.

        Args:
            srv_type: Service class.
            srv_name: Name, subject to remapping.
            qos_profile: Profile of requests and responses.
            callback_group: Group; default the node's.

        Raises:
            InvalidServiceNameException: The name breaks the rules.
            RCLError: The middleware refuses it.
        """
        check_is_valid_srv_type(srv_type)
        name = self._resolve(srv_name, is_service=True)
        group = callback_group or self.default_callback_group
        data = service_wire.user_data(self._context._joined('cannot create client')[0],
                                      is_service=False)  # fmt: skip
        reader = self._create_reader(
            dds_names.dds_reply_topic(name), srv_type.Response, qos_profile, data
        )
        writer = self._create_writer(
            dds_names.dds_request_topic(name), srv_type.Request, qos_profile, data
        )
        client = Client(
            self._context, writer, reader, srv_type, srv_name, qos_profile, group, name,
            self._logger,
        )  # fmt: skip
        self._add(self._clients, client, group)
        return client

    def create_service(
        self,
        srv_type: Any,
        srv_name: str,
        callback: Callable[[Any, Any], Any],
        *,
        qos_profile: QoSProfile = qos_profile_services_default,
        callback_group: CallbackGroup | None = None,
    ) -> Service:
        """Create a service.

        Args:
            srv_type: Service class.
            srv_name: Name, subject to remapping.
            callback: Function or coroutine function that takes a request and an empty response
                and returns the response.
            qos_profile: Profile of requests and responses.
            callback_group: Group; default the node's.

        Raises:
            InvalidServiceNameException: The name breaks the rules.
            RCLError: The middleware refuses it.
        """
        check_is_valid_srv_type(srv_type)
        name = self._resolve(srv_name, is_service=True)
        group = callback_group or self.default_callback_group
        data = service_wire.user_data(self._context._joined('cannot create service')[0],
                                      is_service=True)  # fmt: skip
        writer = self._create_writer(
            dds_names.dds_reply_topic(name), srv_type.Response, qos_profile, data
        )
        reader = self._create_reader(
            dds_names.dds_request_topic(name), srv_type.Request, qos_profile, data
        )
        service = Service(
            reader, writer, srv_type, srv_name, callback, group, qos_profile, name, self._logger
        )
        self._add(self._services, service, group)
        return service

    def create_timer(
        self,
        timer_period_sec: float,
        callback: Callable[[], Any] | None,
        callback_group: CallbackGroup | None = None,
        clock: Clock | None = None,
        autostart: bool = True,
    ) -> Timer:
        """Create a timer.

        Args:
            timer_period_sec: Period [s].
            callback: Function or coroutine function without arguments.
            callback_group: Group; default the node's.
            clock: Clock that the period is measured by; default the node's.
            autostart: Whether it runs from the start.
        """
        group = callback_group or self.default_callback_group
        timer = Timer(
            callback,
            group,
            int(float(timer_period_sec) * S_TO_NS),
            self._clock if clock is None else clock,
            context=self._context,
            autostart=autostart,
        )
        timer._on_change = self._wake_executor
        self._add(self._timers, timer, group)
        return timer

    def create_guard_condition(
        self, callback: Callable[[], Any], callback_group: CallbackGroup | None = None
    ) -> GuardCondition:
        """Create a guard condition: `trigger` has its callback called.

        Args:
            callback: Function or coroutine function without arguments.
            callback_group: Group; default the node's.
        """
        group = callback_group or self.default_callback_group
        guard = GuardCondition(callback, group, context=self._context)
        self._add(self._guards, guard, group)
        return guard

    def create_rate(self, frequency: float, clock: Clock | None = None) -> Rate:
        """Create a rate: its `sleep` lasts until the next tick.

        Args:
            frequency: Ticks per second [Hz].
            clock: Clock; default the node's.

        Raises:
            ValueError: `frequency` is not positive.
        """
        if frequency <= 0:
            raise ValueError('frequency must be > 0')
        timer = self.create_timer(1.0 / frequency, None, self._rate_group, clock)
        return Rate(timer, context=self._context)

    def add_waitable(self, waitable: Waitable) -> None:
        """Have an executor run an event handler."""
        self._waitables.append(waitable)
        self._wake_executor()

    def remove_waitable(self, waitable: Waitable) -> None:
        """Undo `add_waitable`; ValueError if it was not added."""
        self._waitables.remove(waitable)
        self._wake_executor()

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
        for entities, destroy in (
            (self._publishers, self.destroy_publisher),
            (self._subscriptions, self.destroy_subscription),
            (self._clients, self.destroy_client),
            (self._services, self.destroy_service),
            (self._timers, self.destroy_timer),
            (self._guards, self.destroy_guard_condition),
        ):
            while entities:
                destroy(entities[0])  # type: ignore[operator]

    # -- internals -------------------------------------------------------------------------------

    def _prepare(
        self,
        kind: type[Publisher] | type[Subscription],
        topic: str,
        qos_or_depth: QoSProfile | int,
        options: overriding.QoSOverridingOptions | None,
    ) -> tuple[str, QoSProfile]:
        """Absolute name and effective profile."""
        profile = copy.copy(_profile(qos_or_depth))
        name = self._resolve(topic)
        if options is not None:
            overriding._declare_qos_parameters(kind, self, name, profile, options)
        return name, profile

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


def _profile(qos_or_depth: QoSProfile | int) -> QoSProfile:
    if isinstance(qos_or_depth, QoSProfile):
        return qos_or_depth
    if not isinstance(qos_or_depth, int):
        raise TypeError(f'Expected QoSProfile or int, but received {type(qos_or_depth)!r}')
    if qos_or_depth < 0:
        raise ValueError('history depth must be greater than or equal to zero')
    return QoSProfile(depth=qos_or_depth)


def _dds_topic(name: str, profile: QoSProfile) -> str:
    if profile.avoid_ros_namespace_conventions:
        return name.removeprefix('/')
    return dds_names.dds_topic(name)
