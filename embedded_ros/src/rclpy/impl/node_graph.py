"""What a node knows of the graph."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from embedded_ros import names as dds_names
from embedded_ros.graph import EndpointInfo, Graph
from rclpy._rclpy_pybind11 import NodeNameNonExistentError
from rclpy.expand_topic_name import expand_topic_name
from rclpy.impl.names import join
from rclpy.topic_endpoint_info import TopicEndpointInfo, TopicEndpointTypeEnum
from rclpy.type_hash import parse_type_hash
from rclpy.validate_full_topic_name import validate_full_topic_name

NamesAndTypes = list[tuple[str, list[str]]]
_ENCLAVE = '/'
# Longest time between two looks of `wait_for_node` [s].
_POLL_S = 0.1


class NodeGraph:
    """The part of `Node` that asks about other nodes, topics and services."""

    _graph: Graph
    get_name: Callable[[], str]
    get_namespace: Callable[[], str]
    resolve_topic_name: Callable[..., str]

    def get_publisher_names_and_types_by_node(
        self, node_name: str, node_namespace: str, no_demangle: bool = False
    ) -> NamesAndTypes:
        """Topics that a node publishes, with their types.

        Raises:
            NodeNameNonExistentError: There is no such node.
        """
        query = self._graph.publisher_names_and_types_by_node
        return _by_node(query, node_name, node_namespace, no_demangle)

    def get_subscriber_names_and_types_by_node(
        self, node_name: str, node_namespace: str, no_demangle: bool = False
    ) -> NamesAndTypes:
        """Topics that a node subscribes to, with their types.

        Raises:
            NodeNameNonExistentError: There is no such node.
        """
        query = self._graph.subscriber_names_and_types_by_node
        return _by_node(query, node_name, node_namespace, no_demangle)

    def get_service_names_and_types_by_node(
        self, node_name: str, node_namespace: str
    ) -> NamesAndTypes:
        """Services that a node offers, with their types.

        Raises:
            NodeNameNonExistentError: There is no such node.
        """
        return _by_node(self._graph.service_names_and_types_by_node, node_name, node_namespace)

    def get_client_names_and_types_by_node(
        self, node_name: str, node_namespace: str
    ) -> NamesAndTypes:
        """Services that a node has clients of, with their types.

        Raises:
            NodeNameNonExistentError: There is no such node.
        """
        return _by_node(self._graph.client_names_and_types_by_node, node_name, node_namespace)

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
        name = self._full_name(topic_name, is_service=False)
        return self._graph.count_publishers(dds_names.dds_topic(name))

    def count_subscribers(self, topic_name: str) -> int:
        """Number of subscriptions of a topic, found under its name without remapping."""
        name = self._full_name(topic_name, is_service=False)
        return self._graph.count_subscribers(dds_names.dds_topic(name))

    def count_clients(self, service_name: str) -> int:
        """Number of clients of a service, found under its name without remapping."""
        name = self._full_name(service_name, is_service=True)
        return self._graph.count_publishers(dds_names.dds_request_topic(name))

    def count_services(self, service_name: str) -> int:
        """Number of services of a name, found without remapping."""
        name = self._full_name(service_name, is_service=True)
        return self._graph.count_subscribers(dds_names.dds_request_topic(name))

    def get_publishers_info_by_topic(
        self, topic_name: str, no_mangle: bool = False
    ) -> list[TopicEndpointInfo]:
        """Publishers of a topic.

        Args:
            topic_name: Name, subject to remapping; with `no_mangle` that of a DDS topic.
            no_mangle: Whether it is a DDS topic.
        """
        found = self._graph.publishers_info(self._dds_name(topic_name, no_mangle))
        return [_endpoint_info(info, TopicEndpointTypeEnum.PUBLISHER) for info in found]

    def get_subscriptions_info_by_topic(
        self, topic_name: str, no_mangle: bool = False
    ) -> list[TopicEndpointInfo]:
        """Subscriptions of a topic; see `get_publishers_info_by_topic`."""
        found = self._graph.subscriptions_info(self._dds_name(topic_name, no_mangle))
        return [_endpoint_info(info, TopicEndpointTypeEnum.SUBSCRIPTION) for info in found]

    def wait_for_node(self, fully_qualified_node_name: str, timeout: float) -> bool:
        """Wait until a node was discovered.

        Args:
            fully_qualified_node_name: Absolute name; the first slash may be left out.
            timeout: Longest wait [s].

        Returns:
            Whether it was.
        """
        name = f'/{fully_qualified_node_name.removeprefix("/")}'
        changed = threading.Event()
        self._graph.add_change_hook(changed.set)
        end = time.monotonic() + timeout
        try:
            while name not in self.get_fully_qualified_node_names():
                left = end - time.monotonic()
                if left <= 0:
                    return False
                changed.wait(min(left, _POLL_S))
                changed.clear()
            return True
        finally:
            self._graph.remove_change_hook(changed.set)

    def _full_name(self, name: str, is_service: bool) -> str:
        full_name = expand_topic_name(name, self.get_name(), self.get_namespace())
        validate_full_topic_name(full_name, is_service=is_service)
        return full_name

    def _dds_name(self, topic_name: str, no_mangle: bool) -> str:
        if no_mangle:
            return topic_name
        self._full_name(topic_name, is_service=False)
        return dds_names.dds_topic(self.resolve_topic_name(topic_name))


def _by_node(query: Callable[..., NamesAndTypes], *arguments: Any) -> NamesAndTypes:
    try:
        return query(*arguments)
    except LookupError as error:
        raise NodeNameNonExistentError(str(error)) from error


def _endpoint_info(info: EndpointInfo, kind: TopicEndpointTypeEnum) -> TopicEndpointInfo:
    return TopicEndpointInfo(
        node_name=info.node_name,
        node_namespace=info.node_namespace,
        topic_type=info.endpoint.type_name,
        topic_type_hash=parse_type_hash(info.endpoint.type_hash),
        endpoint_type=kind,
        endpoint_gid=list(info.endpoint.gid),
        qos_profile=info.endpoint.qos,
    )
