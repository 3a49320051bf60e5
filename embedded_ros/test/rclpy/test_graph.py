import pytest
from std_msgs.msg import String
from std_srvs.srv import Trigger

from rclpy.exceptions import InvalidParameterTypeException, InvalidTopicNameException
from rclpy.parameter import Parameter

STRING = ['std_msgs/msg/String']
TRIGGER = ['std_srvs/srv/Trigger']


@pytest.fixture
def other(make_node):
    """A node with one entity of each kind."""
    node = make_node('other', namespace='ns')
    node.create_publisher(String, 'out', 10)
    node.create_subscription(String, 'in', print, 10)
    node.create_service(Trigger, 'served', print)
    node.create_client(Trigger, 'called')
    return node


def test_nodes_are_found_by_their_full_name(node, other):
    assert node.wait_for_node('ns/other', 30.0)
    assert {'/node', '/ns/other'} <= set(node.get_fully_qualified_node_names())


def test_topics_and_services_are_found_with_their_types(node, other, wait_until):
    wait_until(
        lambda: (
            {('/ns/out', tuple(STRING)), ('/ns/in', tuple(STRING))}
            <= {(name, tuple(types)) for name, types in node.get_topic_names_and_types()}
        )
    )
    wait_until(lambda: ('/ns/served', TRIGGER) in node.get_service_names_and_types())
    assert ('rt/ns/out', STRING) in [
        (name, types) for name, types in node.get_topic_names_and_types(no_demangle=True)
    ] or ('rt/ns/out', ['std_msgs::msg::dds_::String_']) in node.get_topic_names_and_types(True)


def test_endpoints_are_counted(node, other, wait_until):
    wait_until(lambda: node.count_publishers('/ns/out') == 1)
    wait_until(lambda: node.count_subscribers('/ns/in') == 1)
    wait_until(lambda: node.count_services('/ns/served') == 1)
    wait_until(lambda: node.count_clients('/ns/called') == 1)
    assert other.count_publishers('out') == 1
    assert node.count_publishers('out') == node.count_subscribers('/ns/out') == 0
    with pytest.raises(InvalidTopicNameException):
        node.count_publishers('a//b')


def test_descriptions_follow_remapping(make_node, other, wait_until):
    node = make_node('renamed', cli_args=['--ros-args', '-r', 'alias:=/ns/out'])
    wait_until(lambda: len(node.get_publishers_info_by_topic('alias')) == 1)


def test_a_destroyed_node_is_gone(node, make_node, wait_until):
    doomed = make_node('doomed')
    doomed.create_publisher(String, 'doomed_topic', 1)
    wait_until(lambda: node.count_publishers('doomed_topic') == 1)
    doomed.destroy_node()
    wait_until(lambda: 'doomed' not in node.get_node_names())
    wait_until(lambda: node.count_publishers('doomed_topic') == 0)


def test_a_node_that_cannot_be_made_is_not_there(node, make_node, wait_until):
    with pytest.raises(InvalidParameterTypeException):
        make_node('failed', parameter_overrides=[Parameter('use_sim_time', value=1)])
    make_node('made')
    wait_until(lambda: 'made' in node.get_node_names())
    assert 'failed' not in node.get_node_names()


def test_another_process_is_seen(node, run_python, wait_until):
    process = run_python("""
        import sys
        import rclpy
        from std_msgs.msg import String
        rclpy.init(args=[])
        node = rclpy.create_node('remote', namespace='far')
        node.create_publisher(String, 'topic', 1)
        print('ready')
        sys.stdin.readline()
        rclpy.shutdown()
    """)
    process.read_line()
    assert node.wait_for_node('/far/remote', 30.0)
    [info] = wait_until(
        lambda: [
            info
            for info in node.get_publishers_info_by_topic('/far/topic')
            if info.node_name == 'remote'
        ]
    )
    assert info.node_namespace == '/far'
    process.send_line()
    assert process.wait() == 0
    wait_until(lambda: '/far/remote' not in node.get_fully_qualified_node_names())
