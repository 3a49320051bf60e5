"""What a node knows of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from embedded_ros import names as dds_names
from embedded_ros.graph import EndpointInfo, Graph
from embedded_ros.polling import wait_until
from rclpy._rclpy_pybind11 import InvalidHandle, NodeNameNonExistentError
from rclpy.context import Context
from rclpy.impl.names import expand_topic_name, join, validate_full_topic_name
from rclpy.topic_endpoint_info import TopicEndpointInfo, TopicEndpointTypeEnum
from rclpy.type_hash import parse_type_hash

NamesAndTypes = list[tuple[str, list[str]]]
_ENCLAVE = '/'


class NodeGraph:
    """The part of `Node` that asks about other nodes, topics and services."""

    context: Context
    _joined_graph: Graph
    _is_destroyed: bool
    get_name: Callable[[], str]
    get_namespace: Callable[[], str]
    resolve_topic_name: Callable[..., str]

    @property
    def _graph(self) -> Graph:
        self._check_not_destroyed()
        return self._joined_graph

    def _check_not_destroyed(self) -> None:
        if self._is_destroyed:
            raise InvalidHandle('cannot use Destroyable because destruction was requested')

    def get_publisher_names_and_types_by_node(
        self, node_name: str, node_namespace: str, no_demangle: bool = False
    ) -> NamesAndTypes:
        """Topics that a node publishes, with their types.

        Raises:
            NodeNameNonExistentError: There is no such node.
        """
        return _by_node(
            self._graph.topics_of_node, node_name, node_namespace, False, no_demangle
        )

    def get_subscriber_names_and_types_by_node(
        self, node_name: str, node_namespace: str, no_demangle: bool = False
    ) -> NamesAndTypes:
        """Topics that a node subscribes to, with their types.

        Raises:
            NodeNameNonExistentError: There is no such node.
        """
        return _by_node(
            self._graph.topics_of_node, node_name, node_namespace, True, no_demangle
        )

    def get_service_names_and_types_by_node(
        self, node_name: str, node_namespace: str
    ) -> NamesAndTypes:
        """Services that a node offers, with their types.

        Raises:
            NodeNameNonExistentError: There is no such node.
        """
        return _by_node(self._graph.services_of_node, node_name, node_namespace, True)

    def get_client_names_and_types_by_node(
        self, node_name: str, node_namespace: str
    ) -> NamesAndTypes:
        """Services that a node has clients of, with their types.

        Raises:
            NodeNameNonExistentError: There is no such node.
        """
        return _by_node(self._graph.services_of_node, node_name, node_namespace, False)

    def get_topic_names_and_types(self, no_demangle: bool = False) -> NamesAndTypes:
        """All topics with their types; with `no_demangle` all DDS topics."""
        return self._graph.topic_names_and_types(no_demangle)

    def get_service_names_and_types(self) -> NamesAndTypes:
        """All services with their types."""
        return self._graph.service_names_and_types()

    def get_node_names(self) -> list[str]:
        """Names of all nodes, without their namespaces."""
        return [name for name, _ in self.get_node_names_and_namespaces()]

    def get_fully_qualified_node_names(self) -> list[str]:
        """Absolute names of all nodes."""
        return [join(namespace, name) for name, namespace in self.get_node_names_and_namespaces()]

    def get_node_names_and_namespaces(self) -> list[tuple[str, str]]:
        """Name and namespace of all nodes."""
        return self._graph.node_names_and_namespaces()

    def get_node_names_and_namespaces_with_enclaves(self) -> list[tuple[str, str, str]]:
        """Name, namespace and security enclave of all nodes; the enclave is always '/'."""
        return [(*node, _ENCLAVE) for node in self.get_node_names_and_namespaces()]

    def get_fully_qualified_name(self) -> str:
        """Absolute name of this node."""
        return join(self.get_namespace(), self.get_name())

    def count_publishers(self, topic_name: str) -> int:
        """Number of publishers of a topic, found under its name without remapping."""
        return self._count(topic_name, dds_names.dds_topic, is_reader=False)

    def count_subscribers(self, topic_name: str) -> int:
        """Number of subscriptions of a topic, found under its name without remapping."""
        return self._count(topic_name, dds_names.dds_topic, is_reader=True)

    def count_clients(self, service_name: str) -> int:
        """Number of clients of a service, found under its name without remapping."""
        return self._count(service_name, dds_names.dds_request_topic, is_reader=False)

    def count_services(self, service_name: str) -> int:
        """Number of services of a name, found without remapping."""
        return self._count(service_name, dds_names.dds_request_topic, is_reader=True)

    def get_publishers_info_by_topic(
        self, topic_name: str, no_mangle: bool = False
    ) -> list[TopicEndpointInfo]:
        """Publishers of a topic.

        Args:
            topic_name: Name, subject to remapping; with `no_mangle` that of a DDS topic.
            no_mangle: Whether it is a DDS topic.
        """
        return self._infos(topic_name, no_mangle, TopicEndpointTypeEnum.PUBLISHER)

    def get_subscriptions_info_by_topic(
        self, topic_name: str, no_mangle: bool = False
    ) -> list[TopicEndpointInfo]:
        """Subscriptions of a topic; see `get_publishers_info_by_topic`."""
        return self._infos(topic_name, no_mangle, TopicEndpointTypeEnum.SUBSCRIPTION)

    def wait_for_node(self, fully_qualified_node_name: str, timeout: float) -> bool:
        """Wait until a node was discovered.

        Args:
            fully_qualified_node_name: Absolute name; the first slash may be left out.
            timeout: Longest wait [s].

        Returns:
            Whether it was.
        """
        name = f'/{fully_qualified_node_name.removeprefix("/")}'
        return wait_until(
            lambda: name in self.get_fully_qualified_node_names(), timeout, self.context.ok
        )

    def _count(self, name: str, dds_name: Callable[[str], str], is_reader: bool) -> int:
        is_service = dds_name is dds_names.dds_request_topic
        full_name = self._full_name(name, is_service)
        return len(self._graph.endpoints(dds_name(full_name), is_reader))

    def _full_name(self, name: str, is_service: bool) -> str:
        full_name = expand_topic_name(name, self.get_name(), self.get_namespace())
        validate_full_topic_name(full_name, is_service=is_service)
        return full_name

    def _infos(
        self, topic_name: str, no_mangle: bool, kind: TopicEndpointTypeEnum
    ) -> list[TopicEndpointInfo]:
        if not no_mangle:
            self._full_name(topic_name, is_service=False)
            topic_name = dds_names.dds_topic(self.resolve_topic_name(topic_name))
        is_reader = kind is TopicEndpointTypeEnum.SUBSCRIPTION
        return [_info(each, kind) for each in self._graph.endpoints(topic_name, is_reader)]


def _by_node(query: Callable[..., NamesAndTypes], *arguments: Any) -> NamesAndTypes:
    try:
        return query(*arguments)
    except LookupError as error:
        raise NodeNameNonExistentError(str(error)) from error


def _info(info: EndpointInfo, kind: TopicEndpointTypeEnum) -> TopicEndpointInfo:
    return TopicEndpointInfo(
        node_name=info.node_name, node_namespace=info.node_namespace,
        topic_type=info.endpoint.type_name,
        topic_type_hash=parse_type_hash(info.endpoint.type_hash),
        endpoint_type=kind, endpoint_gid=list(info.endpoint.gid), qos_profile=info.endpoint.qos,
    )  # fmt: skip
