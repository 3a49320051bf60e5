"""Descriptions of the publishers and subscriptions of a topic."""

from __future__ import annotations

from enum import IntEnum

from rclpy.qos import QoSHistoryPolicy, QoSPresetProfiles, QoSProfile
from rclpy.type_hash import TypeHash


class TopicEndpointTypeEnum(IntEnum):
    """Kinds of endpoint."""

    INVALID = 0
    PUBLISHER = 1
    SUBSCRIPTION = 2


class TopicEndpointInfo:
    """A publisher or subscription of a topic."""

    def __init__(
        self,
        *,
        node_name: str = '',
        node_namespace: str = '',
        topic_type: str = '',
        topic_type_hash: TypeHash | None = None,
        endpoint_type: TopicEndpointTypeEnum | int = TopicEndpointTypeEnum.INVALID,
        endpoint_gid: list[int] | None = None,
        qos_profile: QoSProfile = QoSPresetProfiles.UNKNOWN.value,
    ) -> None:
        """Describe an endpoint.

        Args:
            node_name: Name of its node.
            node_namespace: Namespace of its node.
            topic_type: Such as 'std_msgs/msg/String'.
            topic_type_hash: Hash of that type.
            endpoint_type: Kind.
            endpoint_gid: Its identifier, a list of bytes.
            qos_profile: What it offers or requests.
        """
        self.node_name = node_name
        self.node_namespace = node_namespace
        self.topic_type = topic_type
        self.topic_type_hash = TypeHash() if topic_type_hash is None else topic_type_hash
        self.endpoint_type = TopicEndpointTypeEnum(endpoint_type)
        self.endpoint_gid = [] if endpoint_gid is None else endpoint_gid
        self.qos_profile = qos_profile

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TopicEndpointInfo) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        qos = self.qos_profile
        depth = f' ({qos.depth})' if qos.history == QoSHistoryPolicy.KEEP_LAST else ''
        return '\n'.join(
            [
                f'Node name: {self.node_name}',
                f'Node namespace: {self.node_namespace}',
                f'Topic type: {self.topic_type}',
                f'Topic type hash: {self.topic_type_hash}',
                f'Endpoint type: {self.endpoint_type.name}',
                f'GID: {".".join(f"{byte:02x}" for byte in self.endpoint_gid)}',
                'QoS profile:',
                f'  Reliability: {qos.reliability.name}',
                f'  History (Depth): {qos.history.name}{depth}',
                f'  Durability: {qos.durability.name}',
                f'  Lifespan: {qos.lifespan}',
                f'  Deadline: {qos.deadline}',
                f'  Liveliness: {qos.liveliness.name}',
                f'  Liveliness lease duration: {qos.liveliness_lease_duration}',
            ]
        )
