"""What bags keep of a topic: the definition of its type, and what its publishers offered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)

from embedded_ros.interfaces import database, get_message, type_hash
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy

_NS_PER_S = 10**9
_DEFAULT_DEPTH = 10


def hash_text(name: str) -> str:
    """Hash of the installed definition of a message, such as 'RIHS01_df668c74...'."""
    return type_hash(get_message(name))


def definition_text(name: str) -> str:
    """Definition of a message with those of the messages in it, as bags keep it.

    Args:
        name: Such as 'std_msgs/msg/Header'.
    """
    parts = [database.source_text(name)]
    for nested in database.referenced(database.definition(name)):
        title = f'MSG: {nested.name.replace("/msg/", "/")}'
        parts.append(f'{database.DEFINITION_SEPARATOR}\n{title}\n{database.source_text(nested.name)}')
    return ''.join(part if part.endswith('\n') else f'{part}\n' for part in parts)


def to_recorded(profile: QoSProfile) -> Qos:
    """What a bag keeps of a profile."""
    return Qos(
        QosHistory(profile.history.value),
        profile.depth,
        QosReliability(profile.reliability.value),
        QosDurability(profile.durability.value),
        _time(profile.deadline),
        _time(profile.lifespan),
        QosLiveliness(profile.liveliness.value),
        _time(profile.liveliness_lease_duration),
        profile.avoid_ros_namespace_conventions,
    )


def playing_profile(recorded: Sequence[Qos]) -> QoSProfile | None:
    """Profile of a publisher that plays a topic.

    Args:
        recorded: What the publishers offered at the time of the recording.

    Returns:
        That profile, the default if none was recorded; None if they offered different ones.
    """
    if not recorded:
        return QoSProfile(depth=_DEFAULT_DEPTH)
    if len({offer._replace(history=QosHistory.UNKNOWN, depth=0) for offer in recorded}) > 1:
        return None
    offer = max(recorded, key=lambda each: each.depth)
    return QoSProfile(
        depth=max(offer.depth, 1 if offer.history == QosHistory.KEEP_LAST else _DEFAULT_DEPTH),
        reliability=_policy(ReliabilityPolicy, offer.reliability),
        durability=_policy(DurabilityPolicy, offer.durability),
        deadline=_duration(offer.deadline),
        lifespan=_duration(offer.lifespan),
        liveliness=_policy(LivelinessPolicy, offer.liveliness),
        liveliness_lease_duration=_duration(offer.liveliness_lease_duration),
        avoid_ros_namespace_conventions=offer.avoid_ros_namespace_conventions,
    )


def _policy(kind: Any, recorded: Any) -> Any:
    """The policy of a recorded value; the default one if it says nothing or is obsolete."""
    is_known = recorded.name in kind.__members__ and recorded.name != 'UNKNOWN'
    return kind[recorded.name] if is_known else kind.SYSTEM_DEFAULT


def _duration(recorded: QosTime) -> Duration:
    return Duration(nanoseconds=min(recorded.sec * _NS_PER_S + recorded.nsec, 2**63 - 1))


def _time(duration: Duration) -> QosTime:
    return QosTime(*divmod(duration.nanoseconds, _NS_PER_S))
