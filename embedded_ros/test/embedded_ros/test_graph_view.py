import pytest

from embedded_ros.dds.discovery import Endpoint
from embedded_ros.graph_view import UNKNOWN_NODE, GraphView, NodeInfo
from embedded_ros.qos import QoSProfile

QOS = QoSProfile(depth=1)
ALICE, BOB = b'alice'.ljust(16), b'bob'.ljust(16)


def endpoint(gid, topic, type_name, is_reader, participant=ALICE):
    return Endpoint(gid, participant, topic, type_name, '', QOS, is_reader)


STRING = 'std_msgs/msg/String'
REQUEST, RESPONSE = 'std_srvs/srv/SetBool_Request', 'std_srvs/srv/SetBool_Response'


@pytest.fixture
def view():
    """Alice's talker publishes and serves; Bob's listener listens and is a client."""
    view = GraphView()
    for entry in (
        endpoint(b'w1', 'rt/chatter', STRING, False),
        endpoint(b'r1', 'rq/enableRequest', REQUEST, True),
        endpoint(b'w2', 'rr/enableReply', RESPONSE, False),
        endpoint(b'w0', 'ros_discovery_info', 'rmw_dds_common/msg/ParticipantEntitiesInfo', False),
        endpoint(b'r2', 'rt/chatter', STRING, True, BOB),
        endpoint(b'w3', 'rq/enableRequest', REQUEST, False, BOB),
        endpoint(b'r3', 'rr/enableReply', RESPONSE, True, BOB),
    ):
        view.set_endpoint(entry.gid, entry)
    view.set_participant(ALICE, True)
    view.set_participant(BOB, True)
    view.set_nodes(ALICE, [NodeInfo('/', 'talker', frozenset([b'w1', b'r1', b'w2']))])
    view.set_nodes(BOB, [NodeInfo('/ns', 'listener', frozenset([b'r2', b'w3', b'r3', b'gone']))])
    return view


def test_nodes_topics_and_services_are_listed(view):
    assert view.node_names_and_namespaces() == [('listener', '/ns'), ('talker', '/')]
    assert view.topic_names_and_types() == [('/chatter', [STRING])]
    assert view.service_names_and_types() == [('/enable', ['std_srvs/srv/SetBool'])]


def test_dds_names_are_listed_on_request(view):
    names = [name for name, _ in view.topic_names_and_types(no_demangle=True)]
    assert names == ['ros_discovery_info', 'rq/enableRequest', 'rr/enableReply', 'rt/chatter']


def test_endpoints_are_listed_by_node(view):
    talker, listener = ('talker', '/'), ('listener', '/ns')
    service = [('/enable', ['std_srvs/srv/SetBool'])]
    topic = [('/chatter', [STRING])]
    assert view.topics_of_node(*talker, is_reader=False) == topic
    assert view.topics_of_node(*talker, is_reader=True) == []
    assert view.topics_of_node(*listener, is_reader=True) == topic
    assert view.services_of_node(*talker, is_server=True) == service
    assert view.services_of_node(*talker, is_server=False) == []
    assert view.services_of_node(*listener, is_server=False) == service
    assert view.services_of_node(*listener, is_server=True) == []


def test_endpoints_of_a_topic_come_with_their_node(view):
    (publisher,) = view.endpoints('rt/chatter', is_reader=False)
    assert (publisher.node_name, publisher.node_namespace) == ('talker', '/')
    assert publisher.endpoint.gid == b'w1'
    (subscription,) = view.endpoints('rt/chatter', is_reader=True)
    assert subscription.node_name == 'listener'


def test_an_endpoint_without_a_known_node_says_so(view):
    view.set_endpoint(b'x', endpoint(b'x', 'rt/other', STRING, False))
    (info,) = view.endpoints('rt/other', is_reader=False)
    assert (info.node_name, info.node_namespace) == UNKNOWN_NODE


def test_an_unknown_node_is_an_error_that_names_it(view):
    with pytest.raises(LookupError, match="'/ns/talker'"):
        view.topics_of_node('talker', '/ns', is_reader=False)


def test_what_left_is_forgotten(view):
    view.set_participant(BOB, False)
    view.set_endpoint(b'r2', None)
    assert view.node_names_and_namespaces() == [('talker', '/')]
    assert view.endpoints('rt/chatter', is_reader=True) == []
    view.set_endpoint(b'r2', None)
    view.set_participant(BOB, False)


def test_nodes_of_a_participant_that_was_not_seen_yet_are_hidden():
    view = GraphView()
    view.set_nodes(ALICE, [NodeInfo('/', 'early', frozenset())])
    assert view.node_names_and_namespaces() == []
    view.set_participant(ALICE, True)
    assert view.node_names_and_namespaces() == [('early', '/')]
