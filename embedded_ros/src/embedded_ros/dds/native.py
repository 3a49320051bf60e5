"""The C functions of CycloneDDS that are used, through ctypes.

`cyclonedds` for Python holds the interpreter lock while it writes and takes; these calls do not.
"""

from __future__ import annotations

import ctypes as ct
from typing import Any

from cyclonedds.internal import DDS

Entity = ct.c_int32
Handle = ct.c_uint64
Guid = ct.c_uint8 * 16
_pointer = ct.c_void_p
_int32 = ct.c_int32
_uint32 = ct.c_uint32
_duration = ct.c_int64

INFINITE_NS = 2**63 - 1
UNLIMITED = -1
ANY_STATE = 0x7F  # every sample, view and instance state
ALIVE_INSTANCE = 16

RETCODE_TIMEOUT = -10

_BUILTIN_TOPIC = 0x7FFF0000
BUILTIN_PARTICIPANT = _BUILTIN_TOPIC + 1
BUILTIN_PUBLICATION = _BUILTIN_TOPIC + 3
BUILTIN_SUBSCRIPTION = _BUILTIN_TOPIC + 4


class DdsError(RuntimeError):
    """CycloneDDS refused a call."""


class Payload(ct.Structure):
    """One sample as cyclonedds-python's types hold it: serialised bytes."""

    _fields_ = [('data', _pointer), ('size', ct.c_size_t)]


class SampleInfo(ct.Structure):
    """dds_sample_info_t."""

    _fields_ = [
        ('sample_state', _uint32),
        ('view_state', _uint32),
        ('instance_state', _uint32),
        ('valid_data', ct.c_bool),
        ('source_timestamp', ct.c_int64),
        ('instance_handle', Handle),
        ('publication_handle', Handle),
        ('generation_counts_and_ranks', _uint32 * 5),
    ]


class EndpointData(ct.Structure):
    """dds_builtintopic_endpoint_t; for a participant only the key is meaningful."""

    _fields_ = [
        ('key', Guid),
        ('participant_key', Guid),
        ('participant_handle', Handle),
        ('topic_name', ct.c_char_p),
        ('type_name', ct.c_char_p),
        ('qos', _pointer),
    ]


class IncompatibleQosStatus(ct.Structure):
    """dds_offered_incompatible_qos_status_t and its twin for readers."""

    _fields_ = [
        ('total_count', _uint32),
        ('total_count_change', _int32),
        ('last_policy_id', _uint32),
    ]


_pointers = ct.POINTER(_pointer)
_handles = ct.POINTER(Handle)
_status = ct.POINTER(IncompatibleQosStatus)
_int_p = ct.POINTER(ct.c_int)
_duration_p = ct.POINTER(_duration)


def _c(name: str, result: Any, *arguments: Any) -> Any:
    return ct.CFUNCTYPE(result, *arguments)((name, DDS._dll_handle))


create_domain = _c('dds_create_domain', Entity, _uint32, ct.c_char_p)
create_participant = _c('dds_create_participant', Entity, _uint32, _pointer, _pointer)
create_writer = _c('dds_create_writer', Entity, Entity, Entity, _pointer, _pointer)
create_reader = _c('dds_create_reader', Entity, Entity, Entity, _pointer, _pointer)
create_waitset = _c('dds_create_waitset', Entity, Entity)
create_guardcondition = _c('dds_create_guardcondition', Entity, Entity)
create_readcondition = _c('dds_create_readcondition', Entity, Entity, _uint32)
delete = _c('dds_delete', _int32, Entity)
free = _c('dds_free', None, _pointer)
strretcode = _c('dds_strretcode', ct.c_char_p, _int32)

get_guid = _c('dds_get_guid', _int32, Entity, ct.POINTER(Guid))
get_instance_handle = _c('dds_get_instance_handle', _int32, Entity, _handles)
create_topic = _c('dds_create_topic_sertype', Entity,
                  Entity, ct.c_char_p, _pointers, _pointer, _pointer, _pointer)  # fmt: skip
sertype_ref = _c('ddsi_sertype_ref', _pointer, _pointer)
sertype_unref = _c('ddsi_sertype_unref', None, _pointer)
get_sertype = _c('dds_get_entity_sertype', _int32, Entity, _pointers)

write = _c('dds_write', _int32, Entity, ct.POINTER(Payload))
wait_for_acks = _c('dds_wait_for_acks', _int32, Entity, _duration)
take = _c('dds_take', _int32, Entity, _pointers, ct.POINTER(SampleInfo), ct.c_size_t, _uint32)
return_loan = _c('dds_return_loan', _int32, Entity, _pointers, _int32)

set_guardcondition = _c('dds_set_guardcondition', _int32, Entity, ct.c_bool)
waitset_attach = _c('dds_waitset_attach', _int32, Entity, Entity, ct.c_ssize_t)
waitset_detach = _c('dds_waitset_detach', _int32, Entity, Entity)
waitset_wait = _c('dds_waitset_wait', _int32, Entity, ct.POINTER(ct.c_ssize_t), ct.c_size_t,
                  _duration)  # fmt: skip

# Of a writer, and the twin of each of a reader.
get_matched = {
    True: _c('dds_get_matched_subscriptions', _int32, Entity, _handles, ct.c_size_t),
    False: _c('dds_get_matched_publications', _int32, Entity, _handles, ct.c_size_t),
}
get_matched_data = {
    True: _c('dds_get_matched_subscription_data', ct.POINTER(EndpointData), Entity, Handle),
    False: _c('dds_get_matched_publication_data', ct.POINTER(EndpointData), Entity, Handle),
}
get_incompatible_qos = {
    True: _c('dds_get_offered_incompatible_qos_status', _int32, Entity, _status),
    False: _c('dds_get_requested_incompatible_qos_status', _int32, Entity, _status),
}
free_endpoint = _c('dds_builtintopic_free_endpoint', None, ct.POINTER(EndpointData))

create_qos = _c('dds_create_qos', _pointer)
delete_qos = _c('dds_delete_qos', None, _pointer)
qset_userdata = _c('dds_qset_userdata', None, _pointer, ct.c_char_p, ct.c_size_t)
qset_history = _c('dds_qset_history', None, _pointer, ct.c_int, _int32)
qset_reliability = _c('dds_qset_reliability', None, _pointer, ct.c_int, _duration)
qset_durability = _c('dds_qset_durability', None, _pointer, ct.c_int)
qset_durability_service = _c('dds_qset_durability_service', None, _pointer,
                             _duration, ct.c_int, _int32, _int32, _int32, _int32)  # fmt: skip
qset_lifespan = _c('dds_qset_lifespan', None, _pointer, _duration)
qset_deadline = _c('dds_qset_deadline', None, _pointer, _duration)
qset_liveliness = _c('dds_qset_liveliness', None, _pointer, ct.c_int, _duration)
qset_autodispose = _c('dds_qset_writer_data_lifecycle', None, _pointer, ct.c_bool)

qget_userdata = _c('dds_qget_userdata', ct.c_bool, _pointer, _pointers, ct.POINTER(ct.c_size_t))
qget_history = _c('dds_qget_history', ct.c_bool, _pointer, _int_p, ct.POINTER(_int32))
qget_reliability = _c('dds_qget_reliability', ct.c_bool, _pointer, _int_p, _duration_p)
qget_durability = _c('dds_qget_durability', ct.c_bool, _pointer, _int_p)
qget_lifespan = _c('dds_qget_lifespan', ct.c_bool, _pointer, _duration_p)
qget_deadline = _c('dds_qget_deadline', ct.c_bool, _pointer, _duration_p)
qget_liveliness = _c('dds_qget_liveliness', ct.c_bool, _pointer, _int_p, _duration_p)


def check(result: int, action: str) -> int:
    """Result of a call, which is an entity or a count.

    Args:
        result: What the call returned; negative means failure.
        action: What failed, for the message.

    Raises:
        DdsError: It failed.
    """
    if result < 0:
        raise DdsError(f'{action}: {strretcode(result).decode()}')
    return result


def guid_of(entity: int) -> bytes:
    """The 16 bytes that name an entity on the network."""
    guid = Guid()
    check(get_guid(entity, ct.byref(guid)), 'cannot read the GUID of an entity')
    return bytes(guid)
