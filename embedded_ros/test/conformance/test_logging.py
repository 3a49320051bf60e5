"""Logging to the terminal and to /rosout."""

import re

import pytest
from rcl_interfaces.msg import Log

from rclpy.logging import get_logger
from rclpy.qos import DurabilityPolicy, QoSProfile

LINE = re.compile(r'\[(\w+)\] \[\d+\.\d{9}\] \[([\w.]+)\]: (.*)')
LATCHED = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture
def lines(capfd):
    """Function that returns severity, logger and message of what was logged since the last call."""

    def read():
        matches = [LINE.fullmatch(line) for line in capfd.readouterr().err.splitlines()]
        return [match.groups() for match in matches if match]

    return read


def test_messages_go_to_the_terminal(make_node, lines):
    logger = make_node('a', namespace='ns').get_logger()
    assert logger.info('text') and not logger.debug('text')
    logger.warning('text')
    logger.error('text')
    logger.fatal('text')
    assert lines() == [(level, 'ns.a', 'text') for level in ('INFO', 'WARN', 'ERROR', 'FATAL')]


def test_a_line_can_be_filtered():
    logger = get_logger('filtered')
    assert [logger.info('a', once=True) for _ in range(3)] == [True, False, False]
    assert [logger.info('b', skip_first=True) for _ in range(3)] == [False, True, True]
    assert [logger.info('c', throttle_duration_sec=3600) for _ in range(2)] == [True, False]
    with pytest.raises(TypeError):
        logger.info('d', what=True)


def test_arguments_and_environment_choose_levels_and_format(run_python):
    process = run_python(
        """
        import rclpy
        from rclpy.logging import get_logger
        rclpy.init(args=['--ros-args', '--log-level', 'warn', '--log-level', 'b:=debug'])
        get_logger('a').info('quiet')
        get_logger('a').error('loud')
        get_logger('b').debug('loud')
        """,
        RCUTILS_CONSOLE_OUTPUT_FORMAT='{name}|{severity}|{message}|{line_number}',
    )
    errors = process.communicate(timeout=30)[1]
    assert [line for line in errors.splitlines() if '|loud|' in line] == [
        'a|ERROR|loud|6',
        'b|DEBUG|loud|7',
    ]
    assert 'quiet' not in errors


@pytest.fixture
def listen(make_node, spin_until):
    """Function that returns the log messages that match a condition, once there are some."""
    messages, node = [], make_node('listener')
    node.create_subscription(Log, '/rosout', messages.append, LATCHED)

    def run(condition):
        spin_until(lambda: any(map(condition, messages)), node)
        return [message for message in messages if condition(message)]

    return run


def test_messages_are_published(make_node, listen):
    logger = make_node('talker', namespace='ns').get_logger()
    logger.warning('text')
    logger.get_child('child').info('from a child')
    [message] = listen(lambda message: message.name == 'ns.talker')
    assert (message.msg, message.level, message.file) == ('text', 30, __file__)
    assert message.function == 'test_messages_are_published'
    assert message.line > 0 and message.stamp.sec > 0
    assert listen(lambda message: message.name == 'ns.talker.child')[0].msg == 'from a child'
