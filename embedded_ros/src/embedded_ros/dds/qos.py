"""QoS profiles to and from CycloneDDS's representation, as rmw_cyclonedds maps them."""

from __future__ import annotations

import contextlib
import ctypes as ct
from collections.abc import Iterator

from embedded_ros.dds import native
from embedded_ros.duration import Duration
from embedded_ros.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSProfile,
    ReliabilityPolicy,
)

# Numbers of the DDS enumerations.
_KEEP_LAST, _KEEP_ALL = 0, 1
_BEST_EFFORT, _RELIABLE = 0, 1
_VOLATILE, _TRANSIENT_LOCAL = 0, 1
_AUTOMATIC, _MANUAL_BY_TOPIC = 0, 2

# dds_qos_policy_id_t of the policies that can keep a writer and a reader apart.
POLICY_NAMES = {2: 'DURABILITY', 4: 'DEADLINE', 8: 'LIVELINESS', 11: 'RELIABILITY',
                13: 'HISTORY', 22: 'LIFESPAN'}  # fmt: skip


@contextlib.contextmanager
def writer_qos(profile: QoSProfile, user_data: str) -> Iterator[int]:
    """CycloneDDS QoS object of a writer; it lives until the block ends.

    Args:
        profile: What the publisher offers; "best available" means reliable, transient local.
        user_data: Text announced to others, such as 'typehash=RIHS01_...;'.
    """
    with _qos(profile, user_data, _RELIABLE, _TRANSIENT_LOCAL) as qos:
        native.qset_autodispose(qos, False)
        yield qos


@contextlib.contextmanager
def reader_qos(profile: QoSProfile, user_data: str) -> Iterator[int]:
    """CycloneDDS QoS object of a reader; it lives until the block ends.

    Args:
        profile: What the subscription requests; "best available" means what every publisher
            can offer: best effort, volatile.
        user_data: Text announced to others, such as 'typehash=RIHS01_...;'.
    """
    with _qos(profile, user_data, _BEST_EFFORT, _VOLATILE) as qos:
        yield qos


@contextlib.contextmanager
def participant_qos(user_data: str) -> Iterator[int]:
    """CycloneDDS QoS object of a participant; it lives until the block ends."""
    qos = native.create_qos()
    try:
        _set_user_data(qos, user_data)
        yield qos
    finally:
        native.delete_qos(qos)


@contextlib.contextmanager
def _qos(
    profile: QoSProfile, user_data: str, best_reliability: int, best_durability: int
) -> Iterator[int]:
    qos = native.create_qos()
    try:
        history, depth = _history(profile)
        native.qset_history(qos, history, depth)
        reliability = {
            ReliabilityPolicy.BEST_EFFORT: _BEST_EFFORT,
            ReliabilityPolicy.BEST_AVAILABLE: best_reliability,
        }.get(profile.reliability, _RELIABLE)
        native.qset_reliability(qos, reliability, native.INFINITE_NS if reliability else 0)
        durability = {
            DurabilityPolicy.TRANSIENT_LOCAL: _TRANSIENT_LOCAL,
            DurabilityPolicy.BEST_AVAILABLE: best_durability,
        }.get(profile.durability, _VOLATILE)
        native.qset_durability(qos, durability)
        if durability == _TRANSIENT_LOCAL:
            # CycloneDDS keeps what late readers get apart from what is sent again.
            native.qset_durability_service(
                qos, 0, history, depth, native.UNLIMITED, native.UNLIMITED, native.UNLIMITED
            )
        if _is_given(profile.lifespan):
            native.qset_lifespan(qos, profile.lifespan.nanoseconds)
        if _is_given(profile.deadline):
            native.qset_deadline(qos, profile.deadline.nanoseconds)
        is_manual = profile.liveliness == LivelinessPolicy.MANUAL_BY_TOPIC
        lease = profile.liveliness_lease_duration
        native.qset_liveliness(
            qos,
            _MANUAL_BY_TOPIC if is_manual else _AUTOMATIC,
            lease.nanoseconds if _is_given(lease) else native.INFINITE_NS,
        )
        _set_user_data(qos, user_data)
        yield qos
    finally:
        native.delete_qos(qos)


def _history(profile: QoSProfile) -> tuple[int, int]:
    _refuse_unknown(profile)
    if profile.history == HistoryPolicy.KEEP_ALL:
        return _KEEP_ALL, native.UNLIMITED
    if not 0 <= profile.depth < 2**31:
        raise ValueError(f'QoS depth {profile.depth} is outside [0, {2**31 - 1}]')
    return _KEEP_LAST, profile.depth or 1


def _refuse_unknown(profile: QoSProfile) -> None:
    for policy in ('history', 'reliability', 'durability', 'liveliness'):
        value = getattr(profile, policy)
        if value.name == 'UNKNOWN':
            choices = ', '.join(name for name in type(value).__members__ if name != 'UNKNOWN')
            raise ValueError(f'QoS {policy} is UNKNOWN; choose from {choices}')


def _is_given(duration: Duration) -> bool:
    """Whether a duration says more than the middleware's default, which is infinite."""
    return 0 < duration.nanoseconds < native.INFINITE_NS - 1


def _set_user_data(qos: int, user_data: str) -> None:
    data = user_data.encode()
    native.qset_userdata(qos, data, len(data))


def read_profile(qos: int | None) -> QoSProfile:
    """Profile of an endpoint that was discovered.

    Args:
        qos: CycloneDDS QoS object.

    Returns:
        The profile; history and depth are those that the endpoint announces, if any.
    """
    kind, depth, duration = ct.c_int(), ct.c_int32(), ct.c_int64()
    profile = QoSProfile(history=HistoryPolicy.UNKNOWN, depth=0)
    if native.qget_history(qos, ct.byref(kind), ct.byref(depth)):
        profile.history = (HistoryPolicy.KEEP_LAST, HistoryPolicy.KEEP_ALL)[kind.value]
        if kind.value == _KEEP_LAST:
            profile.depth = depth.value
    if native.qget_reliability(qos, ct.byref(kind), ct.byref(duration)):
        is_reliable = kind.value == _RELIABLE
        profile.reliability = (
            ReliabilityPolicy.RELIABLE if is_reliable else ReliabilityPolicy.BEST_EFFORT
        )
    if native.qget_durability(qos, ct.byref(kind)):
        profile.durability = {
            _VOLATILE: DurabilityPolicy.VOLATILE,
            _TRANSIENT_LOCAL: DurabilityPolicy.TRANSIENT_LOCAL,
        }.get(kind.value, DurabilityPolicy.UNKNOWN)
    if native.qget_lifespan(qos, ct.byref(duration)):
        profile.lifespan = Duration(nanoseconds=duration.value)
    if native.qget_deadline(qos, ct.byref(duration)):
        profile.deadline = Duration(nanoseconds=duration.value)
    if native.qget_liveliness(qos, ct.byref(kind), ct.byref(duration)):
        profile.liveliness = {
            _AUTOMATIC: LivelinessPolicy.AUTOMATIC,
            _MANUAL_BY_TOPIC: LivelinessPolicy.MANUAL_BY_TOPIC,
        }.get(kind.value, LivelinessPolicy.UNKNOWN)
        profile.liveliness_lease_duration = Duration(nanoseconds=duration.value)
    return profile


def read_user_data(qos: int | None) -> str:
    """USER_DATA of a discovered endpoint or participant, '' if there is none."""
    data, size = ct.c_void_p(), ct.c_size_t()
    if not qos or not native.qget_userdata(qos, ct.byref(data), ct.byref(size)):
        return ''
    if not data.value:
        return ''
    try:
        return ct.string_at(data.value, size.value).decode('utf-8', 'replace')
    finally:
        native.free(data)
