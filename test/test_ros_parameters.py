"""Parameter tables on a node: what is set together is taken over together, or not at all."""

from dataclasses import dataclass

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter

from segue_core.parameters import ParameterError, param
from segue_core.ros_parameters import ParameterTables


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    low: float = param(0.0, 'Lowest.', dynamic=True)
    high: float = param(1.0, 'Highest.', dynamic=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    speed: float = param(1.0, 'Speed.', dynamic=True)


@pytest.fixture
def node():
    context = rclpy.Context()
    rclpy.init(context=context)
    made = Node('tables', context=context, automatically_declare_parameters_from_overrides=True)
    yield made
    made.destroy_node()
    rclpy.shutdown(context=context)


@pytest.fixture
def live(node):
    """What holds now, by table."""
    held = {}

    def take(changed):
        if isinstance(changed, Range) and changed.low > changed.high:
            raise ParameterError('low must be <= high')
        held[type(changed)] = changed
    tables = ParameterTables(node)
    for table, prefix in ((Speed, ''), (Range, 'range.')):
        held[table] = tables.declare(table, prefix, take)
    return held


def set_together(node, **values):
    return node.set_parameters_atomically(
        [Parameter(name.replace('_', '.'), value=value) for name, value in values.items()])


def test_values_that_fit_only_together_are_taken_together(node, live):
    assert set_together(node, range_low=3.0, range_high=4.0).successful
    assert live[Range] == Range(low=3.0, high=4.0)


def test_what_is_refused_as_a_whole_leaves_nothing_behind(node, live):
    result = set_together(node, speed=5.0, range_low=3.0)
    assert (result.successful, result.reason) == (False, 'low must be <= high')
    assert (live[Speed], live[Range]) == (Speed(), Range())
    assert set_together(node, range_high=2.0).successful
    assert (live[Speed], live[Range]) == (Speed(), Range(high=2.0))
    assert node.get_parameter('speed').value == 1.0
