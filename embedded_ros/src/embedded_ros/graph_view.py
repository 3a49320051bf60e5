"""What is known of the ROS graph, and the answers to questions about it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from embedded_ros import names
from embedded_ros.dds.discovery import Endpoint

NamesAndTypes = list[tuple[str, list[str]]]

# As rmw: what is said of an endpoint whose node is not known yet.
UNKNOWN_NODE = ('_NODE_NAME_UNKNOWN_', '_NODE_NAMESPACE_UNKNOWN_')


class EndpointInfo(NamedTuple):
    """A publisher or subscription of the graph, with the node that owns it."""

    node_name: str
    node_namespace: str
    endpoint: Endpoint


class NodeInfo(NamedTuple):
    """A node, and the GUIDs of its writers and readers."""

    namespace: str
    name: str
    gids: frozenset[bytes]


class GraphView:
    """Nodes and endpoints that were announced; knows nothing of how that happens.

    Topics are asked for by their DDS name, such as 'rt/chatter' (see `embedded_ros.names`).
    """

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.lock = threading.RLock()
        self._participants: set[bytes] = set()
        self._nodes: dict[bytes, list[NodeInfo]] = {}
        self._endpoints: dict[bytes, Endpoint] = {}

    def refresh(self) -> None:
        """Bring the view up to date before a question is answered; the lock is held."""

    def set_participant(self, guid: bytes, alive: bool) -> None:
        """A participant came or went."""
        if alive:
            self._participants.add(guid)
        else:
            self._participants.discard(guid)
            self._nodes.pop(guid, None)

    def set_endpoint(self, gid: bytes, endpoint: Endpoint | None) -> None:
        """An endpoint came, changed, or went (None)."""
        if endpoint is None:
            self._endpoints.pop(gid, None)
        else:
            self._endpoints[gid] = endpoint

    def set_nodes(self, participant: bytes, nodes: list[NodeInfo]) -> None:
        """A participant announced its nodes."""
        self._nodes[participant] = nodes

    def node_names_and_namespaces(self) -> list[tuple[str, str]]:
        """Name and namespace of every node, sorted; two nodes of one name appear twice."""
        with self.lock:
            self.refresh()
            return sorted((node.name, node.namespace) for node in self._alive_nodes())

    def topic_names_and_types(self, no_demangle: bool = False) -> NamesAndTypes:
        """Every topic and its types, sorted.

        Args:
            no_demangle: Give the DDS names of all DDS topics instead.
        """
        with self.lock:
            self.refresh()
            return _topics(self._endpoints.values(), no_demangle)

    def service_names_and_types(self) -> NamesAndTypes:
        """Every service and its types, sorted."""
        with self.lock:
            self.refresh()
            return _services(self._endpoints.values())

    def topics_of_node(
        self, name: str, namespace: str, is_reader: bool, no_demangle: bool = False
    ) -> NamesAndTypes:
        """Topics that a node subscribes to (`is_reader`) or publishes.

        Raises:
            LookupError: There is no such node.
        """
        return _topics(self._endpoints_of(name, namespace, is_reader), no_demangle)

    def services_of_node(self, name: str, namespace: str, is_server: bool) -> NamesAndTypes:
        """Services that a node offers (`is_server`) or is a client of.

        Raises:
            LookupError: There is no such node.
        """
        endpoints = self._endpoints_of(name, namespace, is_reader=is_server)
        return _services(each for each in endpoints if names.is_request_topic(each.dds_topic))

    def endpoints(self, dds_topic: str, is_reader: bool) -> list[EndpointInfo]:
        """Readers or writers of a DDS topic, with their nodes."""
        with self.lock:
            self.refresh()
            owners = {
                gid: (node.name, node.namespace)
                for node in self._alive_nodes()
                for gid in node.gids
            }
            return [
                EndpointInfo(*owners.get(each.gid, UNKNOWN_NODE), each)
                for each in self._endpoints.values()
                if (each.dds_topic, each.is_reader) == (dds_topic, is_reader)
            ]

    def _alive_nodes(self) -> list[NodeInfo]:
        alive = (self._nodes.get(participant, ()) for participant in self._participants)
        return [node for nodes in alive for node in nodes]

    def _endpoints_of(self, name: str, namespace: str, is_reader: bool) -> list[Endpoint]:
        with self.lock:
            self.refresh()
            wanted = (name, namespace)
            nodes = [node for node in self._alive_nodes() if (node.name, node.namespace) == wanted]
            if not nodes:
                raise LookupError(
                    f"cannot get the endpoints of node '{namespace.rstrip('/')}/{name}': "
                    f'there is no such node'
                )
            found = (self._endpoints.get(gid) for node in nodes for gid in node.gids)
            return [e for e in found if e is not None and e.is_reader == is_reader]


def _topics(endpoints: Iterable[Endpoint], no_demangle: bool) -> NamesAndTypes:
    return _sorted(
        (
            each.dds_topic if no_demangle else names.ros_topic(each.dds_topic),
            each.type_name,
        )
        for each in endpoints
    )


def _services(endpoints: Iterable[Endpoint]) -> NamesAndTypes:
    return _sorted(
        (names.ros_service(each.dds_topic), names.ros_service_type(each.type_name))
        for each in endpoints
    )


def _sorted(pairs: Iterable[tuple[str | None, str | None]]) -> NamesAndTypes:
    found: dict[str, set[str]] = defaultdict(set)
    for name, type_name in pairs:
        if name is not None and type_name is not None:
            found[name].add(type_name)
    return sorted((name, sorted(types)) for name, types in found.items())
