"""How a node makes publishers, subscriptions, clients, services, timers and the like."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from embedded_ros import names as dds_names
from rclpy import qos_overriding_options as overriding
from rclpy.callback_groups import CallbackGroup
from rclpy.client import Client
from rclpy.clock import Clock
from rclpy.constants import S_TO_NS
from rclpy.event_handler import (
    PublisherEventCallbacks,
    SubscriptionEventCallbacks,
)
from rclpy.guard_condition import GuardCondition
from rclpy.impl import service_wire
from rclpy.impl.node_entities import NodeEntities
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile, qos_profile_services_default
from rclpy.service import Service
from rclpy.subscription import Subscription
from rclpy.timer import Rate, Timer
from rclpy.type_support import check_is_valid_msg_type, check_is_valid_srv_type


class NodeFactory(NodeEntities):
    """The part of `Node` that creates entities."""

    _clock: Clock
    _logger: RcutilsLogger
    default_callback_group: CallbackGroup
    _resolve: Callable[..., str]

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
            self._context,
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
