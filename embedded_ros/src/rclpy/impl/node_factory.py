"""How a node makes publishers, subscriptions, clients, services, timers and the like."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from embedded_ros import names as dds_names
from embedded_ros.dds import Participant
from rclpy.callback_groups import CallbackGroup
from rclpy.client import Client
from rclpy.clock import Clock
from rclpy.constants import S_TO_NS
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
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
        self, msg_type: Any, topic: str, qos_profile: QoSProfile | int, *,
        callback_group: CallbackGroup | None = None,
        event_callbacks: PublisherEventCallbacks | None = None,
        qos_overriding_options: None = None,
        publisher_class: type[Publisher] = Publisher,
    ) -> Publisher:  # fmt: skip
        """Create a publisher.

        Args:
            msg_type: Message class.
            topic: Name, subject to remapping.
            qos_profile: Profile, or the depth of the default one.
            callback_group: Group of the event callbacks; default the node's.
            event_callbacks: Callbacks about matching subscriptions.
            qos_overriding_options: None, parameters cannot change the policies.
            publisher_class: Class of the result.

        Raises:
            InvalidTopicNameException: The name breaks the rules.
            RCLError: The middleware refuses it.
        """
        return self._create_topic_endpoint(
            Publisher, partial(publisher_class, self.context), msg_type, topic, qos_profile,
            callback_group, event_callbacks or PublisherEventCallbacks(), qos_overriding_options,
        )  # fmt: skip

    def create_subscription(
        self, msg_type: Any, topic: str, callback: Callable[..., Any],
        qos_profile: QoSProfile | int, *,
        callback_group: CallbackGroup | None = None,
        event_callbacks: SubscriptionEventCallbacks | None = None,
        qos_overriding_options: None = None,
        raw: bool = False,
    ) -> Subscription:  # fmt: skip
        """Create a subscription.

        Args:
            msg_type: Message class.
            topic: Name, subject to remapping.
            callback: Function or coroutine function of a message, or of a message and its info.
            qos_profile: Profile, or the depth of the default one.
            callback_group: Group; default the node's.
            event_callbacks: Callbacks about matching publishers.
            qos_overriding_options: None, parameters cannot change the policies.
            raw: Whether the callback takes the serialised bytes.

        Raises:
            InvalidTopicNameException: The name breaks the rules.
            RCLError: The middleware refuses it.
        """
        return self._create_topic_endpoint(
            Subscription, partial(Subscription, callback, raw), msg_type, topic, qos_profile,
            callback_group, event_callbacks or SubscriptionEventCallbacks(), qos_overriding_options,
        )  # fmt: skip

    def create_client(
        self, srv_type: Any, srv_name: str, *,
        qos_profile: QoSProfile = qos_profile_services_default,
        callback_group: CallbackGroup | None = None,
    ) -> Client:  # fmt: skip
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
        make = partial(Client, self.context)
        return self._create_service_endpoint(
            Client, make, srv_type, srv_name, qos_profile, callback_group
        )

    def create_service(
        self, srv_type: Any, srv_name: str, callback: Callable[[Any, Any], Any], *,
        qos_profile: QoSProfile = qos_profile_services_default,
        callback_group: CallbackGroup | None = None,
    ) -> Service:  # fmt: skip
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
        make = partial(Service, callback)
        return self._create_service_endpoint(
            Service, make, srv_type, srv_name, qos_profile, callback_group
        )

    def create_timer(
        self, timer_period_sec: float, callback: Callable[[], Any] | None,
        callback_group: CallbackGroup | None = None, clock: Clock | None = None,
        autostart: bool = True,
    ) -> Timer:  # fmt: skip
        """Create a timer.

        Args:
            timer_period_sec: Period [s].
            callback: Function or coroutine function without arguments.
            callback_group: Group; default the node's.
            clock: Clock that the period is measured by; default the node's.
            autostart: Whether it runs from the start.
        """
        timer = Timer(
            callback, callback_group or self.default_callback_group,
            int(float(timer_period_sec) * S_TO_NS), self._clock if clock is None else clock,
            autostart=autostart, on_change=self._wake_executor,
        )  # fmt: skip
        return self._add(self.timers, timer)

    def create_guard_condition(
        self, callback: Callable[[], Any], callback_group: CallbackGroup | None = None
    ) -> GuardCondition:
        """Create a guard condition: `trigger` has its callback called.

        Args:
            callback: Function or coroutine function without arguments.
            callback_group: Group; default the node's.
        """
        group = callback_group or self.default_callback_group
        return self._add(self.guards, GuardCondition(callback, group, self.context))

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
        return Rate(timer, context=self.context)

    def _create_topic_endpoint(
        self, kind: type[Publisher] | type[Subscription], make: Callable[..., Any], msg_type: Any,
        topic: str, qos_profile: QoSProfile | int, callback_group: CallbackGroup | None,
        callbacks: PublisherEventCallbacks | SubscriptionEventCallbacks,
        qos_overriding_options: object,
    ) -> Any:  # fmt: skip
        check_is_valid_msg_type(msg_type)
        profile = copy.copy(_profile(qos_profile))
        name = self._resolve(topic)
        if qos_overriding_options is not None:
            raise NotImplementedError('qos_overriding_options need a real ROS 2')
        is_dds_name = profile.avoid_ros_namespace_conventions
        dds_topic = name.removeprefix('/') if is_dds_name else dds_names.dds_topic(name)
        create = (
            Participant.create_writer if kind is Publisher else Participant.create_reader
        )
        handle = self._open(create, dds_topic, msg_type, profile)
        group = callback_group or self.default_callback_group
        try:
            entity = make(handle, msg_type, topic, name, profile, group, callbacks, self._logger)
        except BaseException:
            self._close(handle)
            raise
        entities = self.publishers if kind is Publisher else self.subscriptions
        return self._add(entities, entity)

    def _create_service_endpoint(
        self, kind: type[Client] | type[Service], make: Callable[..., Any], srv_type: Any,
        srv_name: str, qos_profile: QoSProfile, callback_group: CallbackGroup | None,
    ) -> Any:  # fmt: skip
        check_is_valid_srv_type(srv_type)
        name = self._resolve(srv_name, is_service=True)
        participant, _ = self.context._joined('cannot create client or service')
        data = service_wire.user_data(participant, is_service=kind is Service)
        request = dds_names.dds_request_topic(name), srv_type.Request, qos_profile, data
        reply = dds_names.dds_reply_topic(name), srv_type.Response, qos_profile, data
        sent, received = (reply, request) if kind is Service else (request, reply)
        reader = self._open(Participant.create_reader, *received)
        writer = self._open(Participant.create_writer, *sent)
        group = callback_group or self.default_callback_group
        endpoint = make(
            reader, writer, srv_type, srv_name, name, qos_profile, group, self._logger
        )
        return self._add(self.services if kind is Service else self.clients, endpoint)


def _profile(qos_or_depth: QoSProfile | int) -> QoSProfile:
    if isinstance(qos_or_depth, QoSProfile):
        return qos_or_depth
    if not isinstance(qos_or_depth, int):
        raise TypeError(f'Expected QoSProfile or int, but received {type(qos_or_depth)!r}')
    if qos_or_depth < 0:
        raise ValueError('history depth must be greater than or equal to zero')
    return QoSProfile(depth=qos_or_depth)
