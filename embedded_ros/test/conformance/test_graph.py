"""What a node sees of the others."""

import pytest
from std_msgs.msg import String
from std_srvs.srv import Trigger

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
