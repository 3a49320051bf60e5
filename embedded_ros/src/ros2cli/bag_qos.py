"""Quality of service in bags: of what is recorded, and of what is played."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml
from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)

from rclpy.duration import Duration
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSProfile,
    ReliabilityPolicy,
)
from ros2cli.node import absolute_name

_NS_PER_S = 10**9
_DEFAULT_DEPTH = 10
# Samples that wait for the recorder at most, unless publishers keep more for late subscriptions.
_RECORDING_DEPTH = 100
_POLICIES: dict[str, Any] = {
    'history': HistoryPolicy,
    'reliability': ReliabilityPolicy,
    'durability': DurabilityPolicy,
    'liveliness': LivelinessPolicy,
}
_DURATIONS = ('deadline', 'lifespan', 'liveliness_lease_duration')
_OTHERS: dict[str, Any] = {'depth': int, 'avoid_ros_namespace_conventions': bool}


def recording_profile(offers: Sequence[QoSProfile]) -> QoSProfile:
    """Profile of a subscription that gets the messages of all publishers.

    Args:
        offers: What the publishers offer.

    Returns:
        The strictest reliability and durability that all of them offer.
    """
    is_reliable = all(each.reliability == ReliabilityPolicy.RELIABLE for each in offers)
    is_latched = all(each.durability == DurabilityPolicy.TRANSIENT_LOCAL for each in offers)
    return QoSProfile(
        depth=max(_RECORDING_DEPTH, *(each.depth for each in offers)),
        reliability=ReliabilityPolicy.RELIABLE if is_reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if is_latched else DurabilityPolicy.VOLATILE,
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
        reliability=_known(ReliabilityPolicy, offer.reliability),
        durability=_known(DurabilityPolicy, offer.durability),
        deadline=_duration(offer.deadline),
        lifespan=_duration(offer.lifespan),
        liveliness=_known(LivelinessPolicy, offer.liveliness),
        liveliness_lease_duration=_duration(offer.liveliness_lease_duration),
        avoid_ros_namespace_conventions=offer.avoid_ros_namespace_conventions,
    )


def to_recorded(profile: QoSProfile) -> Qos:
    """What a bag keeps of a profile."""
    return Qos(
        history=QosHistory(profile.history.value),
        depth=profile.depth,
        reliability=QosReliability(profile.reliability.value),
        durability=QosDurability(profile.durability.value),
        deadline=_time(profile.deadline),
        lifespan=_time(profile.lifespan),
        liveliness=QosLiveliness(profile.liveliness.value),
        liveliness_lease_duration=_time(profile.liveliness_lease_duration),
        avoid_ros_namespace_conventions=profile.avoid_ros_namespace_conventions,
    )


def read_overrides(path: str | None) -> dict[str, QoSProfile]:
    """Profiles in a file, by topic; none without a file.

    The file has the format of ROS 2, for example
    `/chatter: {reliability: best_effort, history: keep_last, depth: 5}`.

    Raises:
        RuntimeError: The file is missing, or its content is not of this kind.
    """
    if path is None:
        return {}
    try:
        with open(path, encoding='utf-8') as file:
            content = yaml.safe_load(file) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RuntimeError(f"cannot read QoS overrides '{path}': {error}") from error
    if not isinstance(content, dict):
        raise RuntimeError(f"QoS overrides '{path}' must be a dictionary of topics")
    return {
        absolute_name(str(topic)): _override(f"QoS overrides '{path}', topic '{topic}'", policies)
        for topic, policies in content.items()
    }


def _override(where: str, policies: Any) -> QoSProfile:
    if not isinstance(policies, dict):
        raise RuntimeError(f'{where}: must be a dictionary of policies')
    profile = QoSProfile(depth=_DEFAULT_DEPTH)
    for name, value in policies.items():
        setattr(profile, str(name), _policy(where, str(name), value))
    return profile


def _policy(where: str, name: str, value: Any) -> Any:
    if name in _POLICIES:
        choices = [key for key in _POLICIES[name].short_keys() if key != 'unknown']
        if value not in choices:
            raise _invalid(where, name, value, f'choose from {", ".join(choices)}')
        return _POLICIES[name][value.upper()]
    if name in _DURATIONS:
        try:
            return Duration(seconds=value['sec'], nanoseconds=value['nsec'])
        except (KeyError, TypeError, OverflowError):
            raise _invalid(where, name, value, 'write {sec: 1, nsec: 0}') from None
    if name not in _OTHERS:
        choices = [*_POLICIES, *_OTHERS, *_DURATIONS]
        raise RuntimeError(f"{where}: unknown policy '{name}'; choose from {', '.join(choices)}")
    if type(value) is not _OTHERS[name] or value < 0:
        raise _invalid(where, name, value, f'must be of type {_OTHERS[name].__name__} and >= 0')
    return value


def _invalid(where: str, name: str, value: Any, remedy: str) -> RuntimeError:
    return RuntimeError(f'{where}: {name} is {value!r}; {remedy}')


def _known(kind: Any, recorded: Any) -> Any:
    """The policy of a recorded value; the default one if it says nothing or is obsolete."""
    if recorded.name not in kind.__members__ or recorded.name == 'UNKNOWN':
        return kind.SYSTEM_DEFAULT
    return kind[recorded.name]


def _duration(recorded: QosTime) -> Duration:
    return Duration(nanoseconds=min(recorded.sec * _NS_PER_S + recorded.nsec, 2**63 - 1))


def _time(duration: Duration) -> QosTime:
    return QosTime(*divmod(duration.nanoseconds, _NS_PER_S))
