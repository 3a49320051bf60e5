import re

import pytest

import rclpy.logging
from rclpy.clock import Clock, ClockType, ROSClock
from rclpy.logging import LoggingSeverity, get_logger
from rclpy.time import Time

LINE = re.compile(r'\[(\w+)\] \[(\d+\.\d{9})\] \[([\w.]+)\]: (.*)')


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """Plain output, and no levels left from or for other tests."""
    monkeypatch.setenv('RCUTILS_COLORIZED_OUTPUT', '0')
    monkeypatch.delenv('RCUTILS_CONSOLE_OUTPUT_FORMAT', raising=False)
    yield
    rclpy.logging.clear_config()


@pytest.fixture
def lines(capfd):
    """Function that returns severity, logger and message of what was logged since the last call."""

    def read():
        matches = [LINE.fullmatch(line) for line in capfd.readouterr().err.splitlines()]
        return [(match[1], match[3], match[4]) for match in matches if match]

    return read


def test_messages_go_to_the_console(lines):
    logger = get_logger('my.logger')
    assert logger.info('text')
    logger.warning('text')
    logger.warn('text')
    logger.error('text')
    logger.fatal('text')
    assert not logger.debug('text')
    severities = ['INFO', 'WARN', 'WARN', 'ERROR', 'FATAL']
    assert lines() == [(severity, 'my.logger', 'text') for severity in severities]


def test_levels_are_inherited(lines):
    parent, child = get_logger('parent'), get_logger('parent').get_child('child')
    assert child.name == 'parent.child'
    assert child.get_effective_level() == LoggingSeverity.INFO
    parent.set_level(LoggingSeverity.ERROR)
    assert child.get_effective_level() == LoggingSeverity.ERROR
    assert not child.is_enabled_for(LoggingSeverity.WARN)
    child.set_level(LoggingSeverity.DEBUG)
    child.debug('child')
    parent.warn('parent')
    assert lines() == [('DEBUG', 'parent.child', 'child')]


def test_levels_are_set_by_name():
    rclpy.logging.set_logger_level('a', LoggingSeverity.WARN)
    assert rclpy.logging.get_logger_level('a') == LoggingSeverity.WARN
    assert rclpy.logging.get_logger_level('a.b') == LoggingSeverity.UNSET
    assert rclpy.logging.get_logger_effective_level('a.b') == LoggingSeverity.WARN
    assert rclpy.logging.get_logging_severity_from_string('warn') == LoggingSeverity.WARN
    with pytest.raises(ValueError):
        rclpy.logging.set_logger_level('a', 33)
    with pytest.raises(RuntimeError):
        rclpy.logging.get_logging_severity_from_string('loud')


def test_once_writes_one_line(lines):
    logger = get_logger('a')
    for _ in range(3):
        logger.info('text', once=True)
    assert len(lines()) == 1


def test_a_throttled_message_comes_once_per_period():
    clock, logger, results = ROSClock(), get_logger('a'), []
    clock._set_ros_time_is_active(True)
    for milliseconds in (1000, 1400, 1501, 1600, 2002):
        clock.set_ros_time_override(
            Time(nanoseconds=milliseconds * 10**6, clock_type=ClockType.ROS_TIME)
        )
        results.append(
            logger.info('text', throttle_duration_sec=0.5, throttle_time_source_type=clock)
        )
    assert results == [True, False, True, False, True]


def test_a_clock_without_a_throttle_is_refused():
    with pytest.raises(TypeError):
        get_logger('a').info('text', throttle_time_source_type=Clock())


def test_one_line_keeps_its_severity_and_filters():
    logger = get_logger('a')

    def log(severity, **options):
        logger.log('text', severity, **options)

    log(LoggingSeverity.INFO)
    with pytest.raises(ValueError, match='severity'):
        log(LoggingSeverity.WARN)
    with pytest.raises(ValueError, match='filter'):
        log(LoggingSeverity.INFO, once=True)


def test_the_format_of_the_console_can_be_chosen(run_python):
    process = run_python(
        "import rclpy.logging\nrclpy.logging.get_logger('a').info('text')\nprint('done')",
        env={'RCUTILS_CONSOLE_OUTPUT_FORMAT': '{name}|{severity}|{message}|{line_number}|{what}'},
    )
    process.read_line()
    process.wait()
    assert process.errors == 'a|INFO|text|2|{what}\n'


@pytest.mark.parametrize(('severity', 'colour'), [('error', '\x1b[31m'), ('warn', '\x1b[33m')])
def test_colours_tell_the_severity(run_python, severity, colour):
    process = run_python(
        f"import rclpy.logging\nrclpy.logging.get_logger('a').{severity}('text')\nprint('done')",
        env={'RCUTILS_COLORIZED_OUTPUT': '1'},
    )
    process.read_line()
    process.wait()
    assert process.errors.startswith(colour) and process.errors.endswith('\x1b[0m\n')
