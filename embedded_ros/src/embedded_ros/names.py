"""ROS names of topics and services, and the DDS topics that carry them."""

from __future__ import annotations

_TOPIC_PREFIX = 'rt'
_REQUEST = ('rq', 'Request')
_REPLY = ('rr', 'Reply')


def dds_topic(name: str) -> str:
    """DDS topic of a ROS topic: '/chatter' is 'rt/chatter'."""
    return f'{_TOPIC_PREFIX}{name}'


def dds_request_topic(service: str) -> str:
    """DDS topic of a service's requests: '/add' is 'rq/addRequest'."""
    return f'{_REQUEST[0]}{service}{_REQUEST[1]}'


def dds_reply_topic(service: str) -> str:
    """DDS topic of a service's replies: '/add' is 'rr/addReply'."""
    return f'{_REPLY[0]}{service}{_REPLY[1]}'


def ros_topic(dds_name: str) -> str | None:
    """ROS name of a DDS topic, None if it carries no ROS topic."""
    prefix, _, name = dds_name.partition('/')
    return f'/{name}' if prefix == _TOPIC_PREFIX else None


def ros_service(dds_name: str) -> str | None:
    """ROS name of the service that a DDS topic belongs to, None if it belongs to none."""
    prefix, _, name = dds_name.partition('/')
    for service_prefix, suffix in (_REQUEST, _REPLY):
        if prefix == service_prefix and name.endswith(suffix):
            return f'/{name[: -len(suffix)]}'
    return None


def is_request_topic(dds_name: str) -> bool:
    """Whether a DDS topic carries a service's requests."""
    return dds_name.startswith(f'{_REQUEST[0]}/')


def ros_service_type(type_name: str) -> str | None:
    """Service that 'std_srvs/srv/SetBool_Request' is half of, None if it is half of none."""
    for suffix in ('_Request', '_Response'):
        if type_name.endswith(suffix):
            return type_name[: -len(suffix)]
    return None
