"""The ROS graph of a domain: announces this process's nodes and follows those of all others.

DDS itself tells of participants and endpoints. Which node an endpoint belongs to is announced on
the topic `ros_discovery_info`: each participant publishes its nodes and their endpoints.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from embedded_ros.dds import DdsError, GuardCondition, Participant, Reader, WaitSet, Writer, native
from embedded_ros.dds.discovery import BuiltinReader
from embedded_ros.graph_view import EndpointInfo, GraphView, NodeInfo
from embedded_ros.interfaces import InvalidPayload, deserialize, get_message, serialize
from embedded_ros.qos import DurabilityPolicy, HistoryPolicy, QoSProfile

__all__ = ['EndpointInfo', 'Graph', 'GraphNode']

_TOPIC = 'ros_discovery_info'
# Nodes appear with a dozen endpoints at once: announcements and news are handled in bundles [s].
_BUNDLE_S = 0.05
# CycloneDDS tells of an endpoint before it has matched it, so hooks look again [s].
_LATER_S = (0.05, 0.2, 1.0)


class GraphNode:
    """A node of this process, and the GUIDs of the endpoints announced with it."""

    def __init__(self, namespace: str, name: str) -> None:
        """Begin without endpoints."""
        self.namespace = namespace
        self.name = name
        self.gids: dict[type[Reader] | type[Writer], list[bytes]] = {Reader: [], Writer: []}


class Graph(GraphView):
    """The graph as one participant sees it.

    All methods may be called from any thread. A thread of its own follows the changes.
    """

    def __init__(self, participant: Participant) -> None:
        """Start to announce and to listen; ends with `close`.

        Args:
            participant: The participant; close the graph before it.
        """
        super().__init__()
        self._participant = participant
        self._local: list[GraphNode] = []
        self._hooks: list[Callable[[], None]] = []
        self._changed = self._unannounced = False
        self._message = get_message('rmw_dds_common/msg/ParticipantEntitiesInfo')
        latched = DurabilityPolicy.TRANSIENT_LOCAL
        self._writer = participant.create_writer(
            _TOPIC, self._message, QoSProfile(depth=1, durability=latched)
        )
        self._reader = participant.create_reader(
            _TOPIC, self._message, QoSProfile(history=HistoryPolicy.KEEP_ALL, durability=latched)
        )
        self._arrivals = BuiltinReader(participant, native.BUILTIN_PARTICIPANT)
        self._publications = BuiltinReader(participant, native.BUILTIN_PUBLICATION)
        self._subscriptions = BuiltinReader(participant, native.BUILTIN_SUBSCRIPTION)
        self._wake = GuardCondition(participant)
        self._wait_set = WaitSet(participant)
        for waitable in (self._wake, self._reader, self._arrivals,
                         self._publications, self._subscriptions):  # fmt: skip
            self._wait_set.attach(waitable)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name='ros_graph', daemon=True)
        self._thread.start()

    def add_node(self, namespace: str, name: str) -> GraphNode:
        """Announce a node.

        Args:
            namespace: Such as '/' or '/arm'.
            name: Such as 'driver'.

        Returns:
            What `remove_node` and the methods for its endpoints take.
        """
        node = GraphNode(namespace, name)
        with self.lock:
            self._local.append(node)
            self._announce()
        return node

    def remove_node(self, node: GraphNode) -> None:
        """Take a node back; one that is not announced is no error."""
        with self.lock:
            if node in self._local:
                self._local.remove(node)
                self._announce()

    def add_endpoint(self, node: GraphNode, endpoint: Reader | Writer) -> None:
        """Announce that a writer or reader belongs to a node."""
        with self.lock:
            node.gids[type(endpoint)].append(endpoint.gid)
            self._announce()

    def remove_endpoint(self, node: GraphNode, endpoint: Reader | Writer) -> None:
        """Take a writer or reader back; one that was not announced is no error."""
        with self.lock:
            if endpoint.gid in node.gids[type(endpoint)]:
                node.gids[type(endpoint)].remove(endpoint.gid)
                self._announce()

    def add_change_hook(self, hook: Callable[[], None]) -> None:
        """Call a function after each change of the graph and a little later, from its thread."""
        with self.lock:
            self._hooks.append(hook)

    def remove_change_hook(self, hook: Callable[[], None]) -> None:
        """Stop calling a function; one that is not known is no error."""
        with self.lock:
            if hook in self._hooks:
                self._hooks.remove(hook)

    def refresh(self) -> None:
        """Read what arrived; the thread then calls the hooks if that was anything."""
        self._read()
        if self._changed:
            self._wake.trigger()

    def close(self) -> None:
        """Stop announcing and listening; closing twice is allowed."""
        with self.lock:
            if self._stop.is_set():
                return
            self._stop.set()
        self._wake.trigger()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        for owned in (self._wait_set, self._wake, self._writer, self._reader,
                      self._arrivals, self._publications, self._subscriptions):  # fmt: skip
            owned.close()

    def _announce(self) -> None:
        """Let the thread publish this process's nodes; the lock is held."""
        self._unannounced = self._changed = True
        self.set_nodes(
            self._participant.guid,
            [
                NodeInfo(node.namespace, node.name, frozenset(sum(node.gids.values(), [])))
                for node in self._local
            ],
        )
        self._wake.trigger()

    def _follow(self) -> None:
        """Body of the thread: publish and read in bundles until `close`."""
        later: list[float] = []
        while not (self._stop.is_set() or self._participant.closed):
            ready = self._wait_set.wait(later[0] if later else None)
            self._wake.clear()
            with self.lock:
                self._publish()
                self._read()
                if self._changed:
                    later = list(_LATER_S)
                elif not ready:
                    del later[:1]
                hooks = list(self._hooks) if self._changed or not ready else []
                self._changed = False
            for hook in hooks:
                hook()
            self._stop.wait(_BUNDLE_S)

    def _publish(self) -> None:
        if not self._unannounced:
            return
        self._unannounced = False
        node_message = get_message('rmw_dds_common/msg/NodeEntitiesInfo')
        nodes = [
            node_message(
                node_namespace=node.namespace,
                node_name=node.name,
                reader_gid_seq=[_gid_message(gid) for gid in node.gids[Reader]],
                writer_gid_seq=[_gid_message(gid) for gid in node.gids[Writer]],
            )
            for node in self._local
        ]
        gid = _gid_message(self._participant.guid)
        message = self._message(gid=gid, node_entities_info_seq=nodes)
        try:
            self._writer.write(serialize(message))
        except DdsError:
            if not self._participant.closed:
                raise

    def _read(self) -> None:
        for guid, alive, _ in self._arrivals.take():
            self._changed = True
            self.set_participant(guid, alive)
        for reader in (self._publications, self._subscriptions):
            for gid, _, endpoint in reader.take():
                self._changed = True
                self.set_endpoint(gid, endpoint)
        newest = {}
        while sample := self._reader.take():
            newest[sample.publication_handle] = sample.buffer
        for buffer in newest.values():
            self._read_announcement(buffer)

    def _read_announcement(self, buffer: bytes | memoryview) -> None:
        try:
            message = deserialize(buffer, self._message)
        except InvalidPayload:
            return  # a participant that is not a ROS 2 one of Iron or later
        guid = message.gid.data.tobytes()
        if guid == self._participant.guid:
            return
        self._changed = True
        nodes = []
        for node in message.node_entities_info_seq:
            gids = [*node.reader_gid_seq, *node.writer_gid_seq]
            found = frozenset(gid.data.tobytes() for gid in gids)
            nodes.append(NodeInfo(node.node_namespace, node.node_name, found))
        self.set_nodes(guid, nodes)


def _gid_message(guid: bytes) -> object:
    return get_message('rmw_dds_common/msg/Gid')(data=np.frombuffer(guid, np.uint8))
