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

# Values of the DDS enumerations.
_HISTORY = {HistoryPolicy.KEEP_LAST: 0, HistoryPolicy.KEEP_ALL: 1}
_RELIABILITY = {ReliabilityPolicy.RELIABLE: 1, ReliabilityPolicy.BEST_EFFORT: 0}
_DURABILITY = {DurabilityPolicy.VOLATILE: 0, DurabilityPolicy.TRANSIENT_LOCAL: 1}
_LIVELINESS = {LivelinessPolicy.AUTOMATIC: 0, LivelinessPolicy.MANUAL_BY_TOPIC: 2}

# dds_qos_policy_id_t of the policies that can keep a writer and a reader apart.
POLICY_NAMES = {2: 'DURABILITY', 4: 'DEADLINE', 8: 'LIVELINESS', 11: 'RELIABILITY',
                13: 'HISTORY', 22: 'LIFESPAN'}  # fmt: skip


@contextlib.contextmanager
def endpoint_qos(profile: QoSProfile, user_data: str, is_writer: bool) -> Iterator[int]:
    """CycloneDDS QoS object of a writer or reader; it lives until the block ends.

    Args:
        profile: What is offered or requested. "Best available" means for a writer reliable and
            transient local, for a reader what every writer can offer: best effort, volatile.
        user_data: Text announced to others, such as 'typehash=RIHS01_...;'.
        is_writer: Whether it is for a writer.

    Raises:
        ValueError: A policy is unknown, or the depth is too large.
    """
    _check(profile)
    best = int(is_writer)
    reliabilities = _RELIABILITY | {ReliabilityPolicy.BEST_AVAILABLE: best}
    durabilities = _DURABILITY | {DurabilityPolicy.BEST_AVAILABLE: best}
    with participant_qos(user_data) as qos:
        history = _HISTORY.get(profile.history, 0)
        depth = native.UNLIMITED if history else profile.depth or 1
        native.qset_history(qos, history, depth)
        reliability = reliabilities.get(profile.reliability, 1)
        native.qset_reliability(qos, reliability, native.INFINITE_NS if reliability else 0)
        durability = durabilities.get(profile.durability, 0)
        native.qset_durability(qos, durability)
        if durability:
            # CycloneDDS keeps what late readers get apart from what is sent again.
            native.qset_durability_service(
                qos, 0, history, depth, native.UNLIMITED, native.UNLIMITED, native.UNLIMITED
            )
        native.qset_lifespan(qos, _nanoseconds(profile.lifespan))
        native.qset_deadline(qos, _nanoseconds(profile.deadline))
        liveliness = _LIVELINESS.get(profile.liveliness, 0)
        native.qset_liveliness(qos, liveliness, _nanoseconds(profile.liveliness_lease_duration))
        if is_writer:
            native.qset_autodispose(qos, False)
        yield qos


@contextlib.contextmanager
def participant_qos(user_data: str) -> Iterator[int]:
    """CycloneDDS QoS object with a text only; it lives until the block ends."""
    qos = native.create_qos()
    try:
        data = user_data.encode()
        native.qset_userdata(qos, data, len(data))
        yield qos
    finally:
        native.delete_qos(qos)


def _check(profile: QoSProfile) -> None:
    for policy in ('history', 'reliability', 'durability', 'liveliness'):
        value = getattr(profile, policy)
        if value.name == 'UNKNOWN':
            choices = ', '.join(name for name in type(value).__members__ if name != 'UNKNOWN')
            raise ValueError(f'QoS {policy} is UNKNOWN; choose from {choices}')
    if not 0 <= profile.depth < 2**31:
        raise ValueError(f'QoS depth {profile.depth} is outside [0, {2**31 - 1}]')


def _nanoseconds(duration: Duration) -> int:
    """Length of a duration; one that says no more than the middleware's default is infinite."""
    is_given = 0 < duration.nanoseconds < native.INFINITE_NS - 1
    return duration.nanoseconds if is_given else native.INFINITE_NS


def read_profile(qos: int | None) -> QoSProfile:
    """Profile of an endpoint that was discovered.

    Args:
        qos: CycloneDDS QoS object.

    Returns:
        The profile; history and depth are those that the endpoint announces, if any.
    """
    kind, depth, duration = ct.c_int(), ct.c_int32(), ct.c_int64()
    kind_p, duration_p = ct.byref(kind), ct.byref(duration)

    def policy(table: dict, unknown: object) -> object:
        return next((key for key, value in table.items() if value == kind.value), unknown)

    profile = QoSProfile(history=HistoryPolicy.UNKNOWN, depth=0)
    if native.qget_history(qos, kind_p, ct.byref(depth)):
        profile.history = policy(_HISTORY, HistoryPolicy.UNKNOWN)
        if profile.history == HistoryPolicy.KEEP_LAST:
            profile.depth = depth.value
    if native.qget_reliability(qos, kind_p, duration_p):
        profile.reliability = policy(_RELIABILITY, ReliabilityPolicy.UNKNOWN)
    if native.qget_durability(qos, kind_p):
        profile.durability = policy(_DURABILITY, DurabilityPolicy.UNKNOWN)
    if native.qget_lifespan(qos, duration_p):
        profile.lifespan = Duration(nanoseconds=duration.value)
    if native.qget_deadline(qos, duration_p):
        profile.deadline = Duration(nanoseconds=duration.value)
    if native.qget_liveliness(qos, kind_p, duration_p):
        profile.liveliness = policy(_LIVELINESS, LivelinessPolicy.UNKNOWN)
        profile.liveliness_lease_duration = Duration(nanoseconds=duration.value)
    return profile


def read_user_data(qos: int | None) -> str:
    """USER_DATA of a discovered endpoint or participant, '' if there is none."""
    data, size = ct.c_void_p(), ct.c_size_t()
    if not qos or not native.qget_userdata(qos, ct.byref(data), ct.byref(size)) or not data.value:
        return ''
    try:
        return ct.string_at(data.value, size.value).decode('utf-8', 'replace')
    finally:
        native.free(data)
