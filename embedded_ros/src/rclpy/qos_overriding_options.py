"""QoS policies that parameters may change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult

from rclpy.duration import Duration
from rclpy.exceptions import ParameterAlreadyDeclaredException
from rclpy.publisher import Publisher
from rclpy.qos import QoSPolicyKind, QoSProfile
from rclpy.subscription import Subscription

QosCallbackType = Callable[[QoSProfile], SetParametersResult]


class InvalidQosOverridesError(Exception):
    """The callback refused the profile that the parameters define."""


@dataclass(frozen=True)
class QoSOverridingOptions:
    """Which policies of a publisher or subscription parameters may change.

    Attributes:
        policy_kinds: Policies.
        callback: Accepts or refuses the profile.
        entity_id: Tells publishers or subscriptions of one topic and node apart.
    """

    policy_kinds: Iterable[QoSPolicyKind]
    callback: QosCallbackType | None = None
    entity_id: str | None = None

    @classmethod
    def with_default_policies(
        cls, *, callback: QosCallbackType | None = None, entity_id: str | None = None
    ) -> QoSOverridingOptions:
        """Choose history, depth and reliability."""
        kinds = (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH, QoSPolicyKind.RELIABILITY)
        return cls(kinds, callback, entity_id)


def declare_qos_parameters(
    entity_type: type[Publisher] | type[Subscription], node: Any, topic_name: str,
    qos: QoSProfile, options: QoSOverridingOptions,
) -> None:  # fmt: skip
    """Declare the parameters of the policies, and change the profile by their values.

    Raises:
        InvalidQosOverridesError: The callback refused the profile.
        RuntimeError: A parameter has a value that its policy lacks.
    """
    kind = entity_type.__name__.lower()
    suffix = '' if options.entity_id is None else f'_{options.entity_id}'
    what = f'for {kind} `{topic_name}` with id `{options.entity_id}`'
    for policy in options.policy_kinds:
        if kind == 'subscription' and policy == QoSPolicyKind.LIFESPAN:
            continue
        policy_name = policy.name.lower()
        name = f'qos_overrides.{topic_name}.{kind}{suffix}.{policy_name}'
        descriptor = ParameterDescriptor(description=f'{policy_name} {what}', read_only=True)
        current = getattr(qos, policy_name)
        try:
            parameter = node.declare_parameter(name, _to_parameter(current), descriptor)
        except ParameterAlreadyDeclaredException:
            parameter = node.get_parameter(name)
        setattr(qos, policy_name, _from_parameter(policy_name, type(current), parameter.value))
    if options.callback is not None:
        result = options.callback(qos)
        if not result.successful:
            raise InvalidQosOverridesError(
                f'Provided QoS overrides {what}, are not valid: {result.reason}'
            )


def _to_parameter(value: Any) -> str | int | bool:
    if isinstance(value, Duration):
        return value.nanoseconds
    return value.name.lower() if isinstance(value, IntEnum) else value


def _from_parameter(policy_name: str, kind: type, value: Any) -> Any:
    if kind is Duration:
        return Duration(nanoseconds=value)
    if not issubclass(kind, IntEnum):
        return value
    if value.upper() not in kind.__members__:
        raise RuntimeError(
            f'Unexpected QoS override for policy `{policy_name}`: `{value}`; '
            f'choose from {", ".join(kind.__members__).lower()}'
        )
    return kind[value.upper()]
