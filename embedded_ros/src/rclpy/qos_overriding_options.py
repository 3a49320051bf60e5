"""QoS policies that parameters may change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult

from rclpy import qos as _qos
from rclpy.duration import Duration
from rclpy.exceptions import ParameterAlreadyDeclaredException
from rclpy.publisher import Publisher
from rclpy.qos import QoSPolicyKind, QoSProfile
from rclpy.subscription import Subscription

if TYPE_CHECKING:
    from rclpy.node import Node

QosCallbackResult = SetParametersResult
QosCallbackType = Callable[[QoSProfile], SetParametersResult]

_DURATIONS = (
    QoSPolicyKind.LIFESPAN,
    QoSPolicyKind.DEADLINE,
    QoSPolicyKind.LIVELINESS_LEASE_DURATION,
)


class InvalidQosOverridesError(Exception):
    """The callback refused the profile that the parameters define."""


class QoSOverridingOptions:
    """Which policies of a publisher or subscription parameters may change."""

    def __init__(
        self,
        policy_kinds: Iterable[QoSPolicyKind],
        *,
        callback: QosCallbackType | None = None,
        entity_id: str | None = None,
    ) -> None:
        """Choose policies.

        Args:
            policy_kinds: Policies.
            callback: Accepts or refuses the profile.
            entity_id: Tells publishers or subscriptions of one topic and node apart.
        """
        self._policy_kinds = policy_kinds
        self._callback = callback
        self._entity_id = entity_id

    @property
    def policy_kinds(self) -> Iterable[QoSPolicyKind]:
        """Policies."""
        return self._policy_kinds

    @property
    def callback(self) -> QosCallbackType | None:
        """Accepts or refuses the profile."""
        return self._callback

    @property
    def entity_id(self) -> str | None:
        """Tells publishers or subscriptions of one topic and node apart."""
        return self._entity_id

    @classmethod
    def with_default_policies(
        cls, *, callback: QosCallbackType | None = None, entity_id: str | None = None
    ) -> QoSOverridingOptions:
        """Choose history, depth and reliability."""
        return cls(
            (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY),
            callback=callback,
            entity_id=entity_id,
        )


def _declare_qos_parameters(
    entity_type: type[Publisher] | type[Subscription],
    node: Node,
    topic_name: str,
    qos: QoSProfile,
    options: QoSOverridingOptions,
) -> None:
    """Declare the parameters of the policies, and change the profile by their values."""
    kind = 'publisher' if issubclass(entity_type, Publisher) else 'subscription'
    suffix = '' if options.entity_id is None else f'_{options.entity_id}'
    what = f'for {kind} `{topic_name}` with id `{options.entity_id}`'
    for policy in options.policy_kinds:
        if kind == 'subscription' and policy == QoSPolicyKind.LIFESPAN:
            continue
        policy_name = policy.name.lower()
        name = f'qos_overrides.{topic_name}.{kind}{suffix}.{policy_name}'
        descriptor = ParameterDescriptor(description=f'{policy_name} {what}', read_only=True)
        try:
            parameter = node.declare_parameter(name, _to_parameter(qos, policy_name), descriptor)
        except ParameterAlreadyDeclaredException:
            parameter = node.get_parameter(name)
        setattr(qos, policy_name, _from_parameter(policy, parameter.value))
    if options.callback is not None:
        result = options.callback(qos)
        if not result.successful:
            raise InvalidQosOverridesError(
                f'Provided QoS overrides {what}, are not valid: {result.reason}'
            )


def _to_parameter(qos: QoSProfile, policy_name: str) -> str | int | bool:
    value = getattr(qos, policy_name)
    if isinstance(value, Duration):
        return value.nanoseconds
    if not isinstance(value, IntEnum):
        return value
    if value.name == 'UNKNOWN':
        raise ValueError('User provided QoS profile is invalid')
    return value.name.lower()


def _from_parameter(policy: QoSPolicyKind, value: Any) -> Any:
    if policy in _DURATIONS:
        return Duration(nanoseconds=value)
    values = getattr(_qos, f'{policy.name.capitalize()}Policy', None)
    if values is None:
        return value
    try:
        return values[value.upper()]
    except KeyError:
        choices = ', '.join(values.short_keys())
        raise RuntimeError(
            f'Unexpected QoS override for policy `{policy.name.lower()}`: `{value}`; '
            f'choose from {choices}'
        ) from None
