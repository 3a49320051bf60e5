import pytest
from rcl_interfaces.msg import Log, LoggerLevel
from rcl_interfaces.srv import GetLoggerLevels, SetLoggerLevels

import rclpy.logging
from rclpy.qos import DurabilityPolicy, QoSProfile

LATCHED = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def listen(make_node, spin_until):
    """Function that returns the log messages that match a condition, once there are some."""
    messages = []
    node = make_node('listener')
    node.create_subscription(Log, '/rosout', messages.append, LATCHED)

    def run(condition):
        spin_until(lambda: any(map(condition, messages)), node)
        return [message for message in messages if condition(message)]

    return run


def test_publishing_can_be_disabled(make_node, listen):
    make_node('silent', enable_rosout=False).get_logger().info('text')
    make_node('silenced', cli_args=[]).get_logger().debug('text')
    make_node('talker').get_logger().info('end')
    listen(lambda message: message.msg == 'end')
    assert not any('text' == message.msg for message in listen(lambda message: True))


def test_levels_can_be_set_from_outside(make_node, call):
    talker, node = make_node('talker', enable_logger_service=True), make_node('client')
    set_levels = node.create_client(SetLoggerLevels, 'talker/set_logger_levels')
    levels = [LoggerLevel(name='talker', level=10), LoggerLevel(name='talker', level=33)]
    response = call(set_levels, SetLoggerLevels.Request(levels=levels), talker, node)
    assert [result.successful for result in response.results] == [True, False]
    get_levels = node.create_client(GetLoggerLevels, 'talker/get_logger_levels')
    response = call(get_levels, GetLoggerLevels.Request(names=['talker', 'b']), talker, node)
    assert [(each.name, each.level) for each in response.levels] == [('talker', 10), ('b', 0)]
    rclpy.logging.clear_config()
