"""Whether a publisher's offer meets a subscription's request, as rmw_dds_common decides it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from embedded_ros.duration import Duration
from embedded_ros.qos import (
    DurabilityPolicy,
    LivelinessPolicy,
    QoSPolicyEnum,
    QoSProfile,
    ReliabilityPolicy,
)


class QoSCompatibility(IntEnum):
    """Whether a publisher and a subscription can talk to each other."""

    OK = 0
    WARNING = 1
    ERROR = 2


def qos_check_compatible(
    publisher_qos: QoSProfile, subscription_qos: QoSProfile
) -> tuple[QoSCompatibility, str]:
    """Compare two profiles.

    Args:
        publisher_qos: What is offered.
        subscription_qos: What is requested.

    Returns:
        OK and '', or WARNING (a policy is left to the middleware) or ERROR with the reasons.
    """
    errors = [f'ERROR: {reason};' for reason in _errors(publisher_qos, subscription_qos)]
    if errors:
        return QoSCompatibility.ERROR, ''.join(errors)
    warnings = [f'WARNING: {reason};' for reason in _warnings(publisher_qos, subscription_qos)]
    if warnings:
        return QoSCompatibility.WARNING, ''.join(warnings)
    return QoSCompatibility.OK, ''


def _errors(offer: QoSProfile, request: QoSProfile) -> Iterator[str]:
    if (offer.reliability, request.reliability) == (
        ReliabilityPolicy.BEST_EFFORT,
        ReliabilityPolicy.RELIABLE,
    ):
        yield 'Best effort publisher and reliable subscription'
    if (offer.durability, request.durability) == (
        DurabilityPolicy.VOLATILE,
        DurabilityPolicy.TRANSIENT_LOCAL,
    ):
        yield 'Volatile publisher and transient local subscription'
    none = Duration()
    if request.deadline != none:
        if offer.deadline == none:
            yield 'Subscription has a deadline, but publisher does not'
        elif request.deadline < offer.deadline:
            yield 'Subscription deadline is less than publisher deadline'
    if (offer.liveliness, request.liveliness) == (
        LivelinessPolicy.AUTOMATIC,
        LivelinessPolicy.MANUAL_BY_TOPIC,
    ):
        yield "Publisher's liveliness is automatic and subscription's is manual by topic"
    if request.liveliness_lease_duration != none:
        if offer.liveliness_lease_duration == none:
            yield 'Subscription has a liveliness lease duration, but publisher does not'
        elif request.liveliness_lease_duration < offer.liveliness_lease_duration:
            yield 'Subscription liveliness lease duration is less than publisher'


def _warnings(offer: QoSProfile, request: QoSProfile) -> Iterator[str]:
    policies: tuple[tuple[str, QoSPolicyEnum, QoSPolicyEnum, str, str], ...] = (
        ('reliability', ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT,
         'Reliable', 'Best effort'),
        ('durability', DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE,
         'Transient local', 'Volatile'),
        ('liveliness', LivelinessPolicy.MANUAL_BY_TOPIC, LivelinessPolicy.AUTOMATIC,
         'Manual by topic', 'Automatic'),
    )  # fmt: skip
    for name, strict, lax, strict_words, lax_words in policies:
        offered, requested = getattr(offer, name), getattr(request, name)
        if _is_open(offered) and _is_open(requested):
            yield (
                f'Publisher {name} is {offered.short_key} '
                f'and subscription {name} is {requested.short_key}'
            )
        elif _is_open(offered) and requested == strict:
            yield f'{strict_words} subscription, but publisher is {offered.short_key}'
        elif offered == lax and _is_open(requested):
            yield f'{lax_words} publisher, but subscription is {requested.short_key}'


def _is_open(policy: QoSPolicyEnum) -> bool:
    """Whether the middleware decides."""
    return policy.name in ('SYSTEM_DEFAULT', 'UNKNOWN')
