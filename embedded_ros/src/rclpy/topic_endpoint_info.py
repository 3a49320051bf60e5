"""Descriptions of the publishers and subscriptions of a topic."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from rclpy.qos import QoSHistoryPolicy, QoSProfile, qos_profile_unknown
from rclpy.type_hash import TypeHash


class TopicEndpointTypeEnum(IntEnum):
    """Kinds of endpoint."""

    INVALID = 0
    PUBLISHER = 1
    SUBSCRIPTION = 2


@dataclass(kw_only=True)
class TopicEndpointInfo:
    """A publisher or subscription of a topic.

    Attributes:
        node_name: Name of its node.
        node_namespace: Namespace of its node.
        topic_type: Such as 'std_msgs/msg/String'.
        topic_type_hash: Hash of that type.
        endpoint_type: Kind.
        endpoint_gid: Its identifier, a list of bytes.
        qos_profile: What it offers or requests.
    """

    node_name: str = ''
    node_namespace: str = ''
    topic_type: str = ''
    topic_type_hash: TypeHash = field(default_factory=TypeHash)
    endpoint_type: TopicEndpointTypeEnum = TopicEndpointTypeEnum.INVALID
    endpoint_gid: list[int] = field(default_factory=list)
    qos_profile: QoSProfile = field(default_factory=lambda: qos_profile_unknown)

    def __str__(self) -> str:
        qos = self.qos_profile
        depth = f' ({qos.depth})' if qos.history == QoSHistoryPolicy.KEEP_LAST else ''
        return f"""Node name: {self.node_name}
Node namespace: {self.node_namespace}
Topic type: {self.topic_type}
Topic type hash: {self.topic_type_hash}
Endpoint type: {self.endpoint_type.name}
GID: {'.'.join(f'{byte:02x}' for byte in self.endpoint_gid)}
QoS profile:
  Reliability: {qos.reliability.name}
  History (Depth): {qos.history.name}{depth}
  Durability: {qos.durability.name}
  Lifespan: {qos.lifespan}
  Deadline: {qos.deadline}
  Liveliness: {qos.liveliness.name}
  Liveliness lease duration: {qos.liveliness_lease_duration}"""
