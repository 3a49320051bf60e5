"""When the bridge says how it does."""

import random
from types import SimpleNamespace

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from segue.msg import BridgeStatus

from helpers import SECOND, stream
from robot_bridge.driver import DeviceHealth, Level, Monitored
from robot_bridge.parameters import BridgeParams
from robot_bridge.states import State
from robot_bridge.status import StatusPublisher, diagnostics

START = 1_000 * SECOND
PERIOD = SECOND // 10


class Node:
    """Keeps what is published."""

    def __init__(self):
        self.published = []

    def create_publisher(self, kind, topic, qos):
        keep = self.published.append if topic == 'bridge_status' else lambda msg: None
        return SimpleNamespace(publish=keep)

    def get_fully_qualified_name(self):
        return '/robot_bridge'


class Robot:
    """A driver that knows how its parts are."""

    def health(self):
        return [DeviceHealth('elbow', Level.ERROR, 'overload', {'temperature': '61 C'})]


def test_parts_of_the_robot_have_entries_of_their_own():
    entries = diagnostics(BridgeStatus(driver='arm'), '/robot_bridge', Robot().health())
    chunks, elbow = entries.status
    assert isinstance(Robot(), Monitored)
    assert (chunks.name, elbow.name) == ('robot_bridge: chunks', 'robot_bridge: elbow')
    assert (elbow.level, elbow.message, elbow.hardware_id) == (
        DiagnosticStatus.ERROR, 'overload', 'arm')
    assert [(v.key, v.value) for v in elbow.values] == [('temperature', '61 C')]


def published(stamps, force=()):
    """How often status is published when it is called for at these instants."""
    node = Node()
    publisher = StatusPublisher(node)
    loop = SimpleNamespace(stream=stream(), state=State.IDLE, last_fault='', driver=None,
                           shaper=SimpleNamespace(active_limits=()))
    for stamp in stamps:
        publisher.publish(loop, BridgeParams(status_rate=10.0), stamp, force=stamp in force)
    return len(node.published)


@pytest.mark.parametrize('jitter', [0, 50_000, PERIOD // 5])
def test_timer_that_is_a_hair_early_is_heard_each_time(jitter):
    draw = random.Random(0)
    assert published(START + k * PERIOD + draw.randint(-jitter, jitter)
                     for k in range(1000)) == 1000


def test_calls_of_the_control_tick_in_between_do_not_raise_the_rate():
    ticks = [START + k * SECOND // 30 for k in range(300)]
    timer = [START + k * PERIOD for k in range(100)]
    assert published(sorted(ticks + timer)) in (100, 101)


def test_what_is_late_is_not_made_up_for():
    late = START + 10 * PERIOD
    assert published([START, late, late + 1, late + PERIOD // 3, late + PERIOD]) == 3


def test_what_is_forced_comes_at_once():
    assert published([START, START + 1], force=[START + 1]) == 2
