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

# Policies of which a lax offer does not meet a strict request: name, strict, lax.
_POLICIES: tuple[tuple[str, QoSPolicyEnum, QoSPolicyEnum], ...] = (
    ('reliability', ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT),
    ('durability', DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE),
    ('liveliness', LivelinessPolicy.MANUAL_BY_TOPIC, LivelinessPolicy.AUTOMATIC),
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
    found = list(_findings(publisher_qos, subscription_qos))
    worst = max((severity for severity, _ in found), default=QoSCompatibility.OK)
    reasons = (f'{worst.name}: {reason};' for severity, reason in found if severity == worst)
    return worst, ''.join(reasons)


def _findings(offer: QoSProfile, request: QoSProfile) -> Iterator[tuple[QoSCompatibility, str]]:
    for name, strict, lax in _POLICIES:
        offered, requested = getattr(offer, name), getattr(request, name)
        if (offered, requested) == (lax, strict):
            reason = f'{_words(lax)} publisher and {_words(strict).lower()} subscription'
            if name == 'liveliness':
                reason = "Publisher's liveliness is automatic and subscription's is manual by topic"
            yield QoSCompatibility.ERROR, reason
        elif _is_open(offered) and _is_open(requested):
            yield QoSCompatibility.WARNING, (
                f'Publisher {name} is {offered.short_key} '
                f'and subscription {name} is {requested.short_key}'
            )
        elif _is_open(offered) and requested == strict:
            reason = f'{_words(strict)} subscription, but publisher is {offered.short_key}'
            yield QoSCompatibility.WARNING, reason
        elif offered == lax and _is_open(requested):
            reason = f'{_words(lax)} publisher, but subscription is {requested.short_key}'
            yield QoSCompatibility.WARNING, reason
    for name, suffix in (('deadline', ' deadline'), ('liveliness_lease_duration', '')):
        offered, requested, words = getattr(offer, name), getattr(request, name), _spaced(name)
        if requested != Duration() and offered == Duration():
            yield QoSCompatibility.ERROR, f'Subscription has a {words}, but publisher does not'
        elif requested != Duration() and requested < offered:
            reason = f'Subscription {words} is less than publisher{suffix}'
            yield QoSCompatibility.ERROR, reason


def _words(policy: QoSPolicyEnum) -> str:
    return _spaced(policy.short_key).capitalize()


def _spaced(name: str) -> str:
    return name.replace('_', ' ')


def _is_open(policy: QoSPolicyEnum) -> bool:
    """Whether the middleware decides."""
    return policy.name in ('SYSTEM_DEFAULT', 'UNKNOWN')
