import threading

import pytest
from std_msgs.msg import String
from std_srvs.srv import SetBool

from embedded_ros.dds import Participant
from embedded_ros.graph import Graph
from embedded_ros.interfaces import serialize
from embedded_ros.qos import DurabilityPolicy, QoSProfile, qos_profile_services_default

QOS = QoSProfile(depth=10)

# A process with one node that publishes, and ends on a line of input.
TALKER = """
    import sys
    from embedded_ros.dds import Participant, domain_id_from_environment
    from embedded_ros.graph import Graph
    from embedded_ros.qos import QoSProfile
    from std_msgs.msg import String
    participant = Participant(domain_id_from_environment())
    graph = Graph(participant)
    node = graph.add_node('/far', 'talker')
    writer = participant.create_writer('rt/far/chatter', String, QoSProfile(depth=3))
    graph.add_endpoint(node, writer)
    print(participant.guid.hex(), flush=True)
    if sys.stdin.readline() == 'drop\\n':
        graph.remove_endpoint(node, writer)
        writer.close()
        graph.remove_node(node)
        print('dropped', flush=True)
        sys.stdin.readline()
    graph.close()
    participant.close()
"""


@pytest.fixture
def graph(participant):
    graph = Graph(participant)
    yield graph
    graph.close()


def test_a_node_of_this_process_is_seen_at_once(graph):
    node = graph.add_node('/here', 'local')
    assert graph.node_names_and_namespaces() == [('local', '/here')]
    graph.remove_node(node)
    graph.remove_node(node)
    assert graph.node_names_and_namespaces() == []


def test_endpoints_of_this_process_belong_to_their_node(graph, participant):
    node = graph.add_node('/', 'server')
    writer = participant.create_writer('rt/out', String, QOS)
    reader = participant.create_reader(
        'rq/enableRequest', SetBool.Request, qos_profile_services_default
    )
    graph.add_endpoint(node, writer)
    graph.add_endpoint(node, reader)
    assert graph.topics_of_node('server', '/', is_reader=False) == [
        ('/out', ['std_msgs/msg/String'])
    ]
    assert graph.services_of_node('server', '/', is_server=True) == [
        ('/enable', ['std_srvs/srv/SetBool'])
    ]
    graph.remove_endpoint(node, writer)
    graph.remove_endpoint(node, reader)
    graph.remove_endpoint(node, reader)
    assert graph.topics_of_node('server', '/', is_reader=False) == []


def test_a_node_of_another_process_comes_and_goes(graph, run_python, wait_until):
    talker = run_python(TALKER)
    guid = bytes.fromhex(talker.read_line())
    wait_until(
        lambda: graph.node_names_and_namespaces() == [('talker', '/far')], 'the node is seen'
    )

    def publisher_of_the_node():
        infos = graph.endpoints('rt/far/chatter', is_reader=False)
        return [
            info for info in infos if (info.node_name, info.node_namespace) == ('talker', '/far')
        ]

    (info,) = wait_until(publisher_of_the_node, 'its publisher is seen')
    assert info.endpoint.participant == guid
    assert info.endpoint.qos.depth == 3
    talker.send_line()
    assert talker.wait() == 0, talker.errors
    wait_until(lambda: not graph.node_names_and_namespaces(), 'the node is gone')
    wait_until(lambda: not graph.topic_names_and_types(), 'its topics are gone')


def test_a_node_can_leave_a_process_that_lives_on(graph, run_python, wait_until):
    talker = run_python(TALKER)
    talker.read_line()
    wait_until(lambda: graph.endpoints('rt/far/chatter', is_reader=False), 'the publisher is seen')
    talker.send_line('drop')
    assert talker.read_line() == 'dropped'
    wait_until(lambda: not graph.node_names_and_namespaces(), 'the node is gone')
    assert graph.endpoints('rt/far/chatter', is_reader=False) == []


def test_hooks_are_called_after_changes_until_they_are_removed(graph, participant):
    called = threading.Event()
    graph.add_change_hook(called.set)
    participant.create_writer('rt/change', String, QOS)
    assert called.wait(10)
    graph.remove_change_hook(called.set)
    graph.remove_change_hook(called.set)
    other = threading.Event()
    graph.add_change_hook(other.set)
    called.clear()
    graph.add_node('/', 'late')
    assert other.wait(10)
    assert not called.is_set()


def test_a_change_that_a_query_noticed_first_still_calls_the_hooks(graph, participant):
    called = threading.Event()
    graph.add_change_hook(called.set)
    called.wait(0.2)
    called.clear()
    participant.create_writer('rt/noticed', String, QOS)
    assert len(graph.endpoints('rt/noticed', is_reader=False)) == 1
    assert called.wait(10)


def test_announcements_are_bundled(graph, participant, wait_until):
    announcements = participant.create_reader(
        'ros_discovery_info', graph._message, QoSProfile(depth=1000)
    )
    wait_until(lambda: announcements.matched_count, 'the listener matches')
    node = graph.add_node('/', 'many')
    for number in range(100):
        graph.add_endpoint(node, participant.create_writer(f'rt/many{number}', String, QOS))
    received = []

    def all_announced():
        while sample := announcements.take():
            received.append(sample)
        return received and len(received[-1].buffer) > 100 * 16

    wait_until(all_announced, 'the last writer is announced')
    assert len(received) < 50


def test_a_malformed_announcement_is_ignored(graph, participant, domain_id, wait_until):
    other = Participant(domain_id)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    writer = other.create_writer('ros_discovery_info', graph._message, latched)
    reader = participant.create_reader('ros_discovery_info', graph._message, QOS)
    wait_until(lambda: writer.matched_count >= 2, 'both readers match')
    broken = serialize(graph._message())
    broken[1] = 0  # big-endian, which CycloneDDS would have turned
    graph._read_announcement(bytes(broken))
    writer.write(serialize(graph._message()))
    wait_until(reader.take, 'the announcement arrives')
    assert graph.node_names_and_namespaces() == []
    other.close()
