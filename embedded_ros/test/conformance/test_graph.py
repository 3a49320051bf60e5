"""What a node sees of the others."""

import pytest
from std_msgs.msg import String
from std_srvs.srv import Trigger

from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import NodeNameNonExistentError
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointTypeEnum

STRING, TRIGGER = ['std_msgs/msg/String'], ['std_srvs/srv/Trigger']
STRING_HASH = 'RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18'
QOS = QoSProfile(
    depth=3,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
    reliability=ReliabilityPolicy.BEST_EFFORT,
)


@pytest.fixture
def other(make_node):
    """A node with one entity of each kind."""
    node = make_node('other', namespace='ns')
    node.create_publisher(String, 'out', QOS)
    node.create_subscription(String, 'in', print, 10)
    node.create_service(Trigger, 'served', print)
    node.create_client(Trigger, 'called')
    return node


def test_nodes_are_found_by_name(node, other):
    assert node.wait_for_node('/ns/other', 30.0) and not node.wait_for_node('/nobody', 0.05)
    assert {('node', '/'), ('other', '/ns')} <= set(node.get_node_names_and_namespaces())
    assert ('other', '/ns', '/') in node.get_node_names_and_namespaces_with_enclaves()


def test_topics_and_services_are_found_with_their_types(node, other, spin_until):
    spin_until(lambda: ('/ns/out', STRING) in node.get_topic_names_and_types(), node)
    spin_until(lambda: ('/ns/in', STRING) in node.get_topic_names_and_types())
    spin_until(lambda: ('/ns/served', TRIGGER) in node.get_service_names_and_types())


def test_the_entities_of_a_node_are_known(node, other, spin_until):
    assert node.wait_for_node('/ns/other', 30.0)
    for query, found in (
        (node.get_publisher_names_and_types_by_node, ('/ns/out', STRING)),
        (node.get_subscriber_names_and_types_by_node, ('/ns/in', STRING)),
        (node.get_service_names_and_types_by_node, ('/ns/served', TRIGGER)),
        (node.get_client_names_and_types_by_node, ('/ns/called', TRIGGER)),
    ):
        spin_until(lambda query=query, found=found: found in query('other', '/ns'), node)
        assert found not in query('node', '/')
        with pytest.raises(NodeNameNonExistentError):
            query('nobody', '/')


def test_endpoints_are_counted(node, other, spin_until):
    spin_until(lambda: node.count_publishers('/ns/out') == 1, node)
    spin_until(lambda: node.count_subscribers('/ns/in') == 1)
    spin_until(lambda: node.count_services('/ns/served') == 1)
    spin_until(lambda: node.count_clients('/ns/called') == 1)
    assert other.count_publishers('out') == 1 and node.count_publishers('out') == 0
    with pytest.raises(InvalidTopicNameException):
        node.count_publishers('a//b')


def test_endpoints_are_described(node, other, spin_until):
    [info] = spin_until(
        lambda: [
            info
            for info in node.get_publishers_info_by_topic('/ns/out')
            if info.node_name == 'other'
        ],
        node,
    )
    assert (info.node_namespace, info.topic_type) == ('/ns', 'std_msgs/msg/String')
    assert str(info.topic_type_hash) == STRING_HASH
    assert info.endpoint_type == TopicEndpointTypeEnum.PUBLISHER and any(info.endpoint_gid)
    assert info.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert info.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
    assert 'Node name: other' in str(info) and 'Durability: TRANSIENT_LOCAL' in str(info)
    [info] = spin_until(lambda: other.get_subscriptions_info_by_topic('in'), node)
    assert info.endpoint_type == TopicEndpointTypeEnum.SUBSCRIPTION
    assert node.get_subscriptions_info_by_topic('/ns/out') == []


def test_a_destroyed_node_is_gone(node, make_node, spin_until):
    doomed = make_node('doomed')
    doomed.create_publisher(String, 'doomed_topic', 1)
    spin_until(lambda: node.count_publishers('doomed_topic') == 1, node)
    doomed.destroy_node()
    spin_until(lambda: 'doomed' not in node.get_node_names())
    spin_until(lambda: node.count_publishers('doomed_topic') == 0)


def test_another_process_comes_and_goes(node, run_python, spin_until):
    process = run_python("""
        import rclpy
        from rclpy.executors import ExternalShutdownException
        from std_msgs.msg import String
        rclpy.init()
        node = rclpy.create_node('remote', namespace='far')
        node.create_publisher(String, 'topic', 1)
        try:
            rclpy.spin(node)
        except ExternalShutdownException:
            pass
    """)
    spin_until(lambda: ('remote', '/far') in node.get_node_names_and_namespaces(), node)
    spin_until(lambda: node.count_publishers('/far/topic') == 1)
    process.terminate()
    assert process.wait(30) == 0
    spin_until(lambda: 'remote' not in node.get_node_names())
