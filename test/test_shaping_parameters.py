"""Parameters of motion shaping: the table is complete and builds from plain values."""

import pytest

from robot_bridge.shaping.parameters import ShapingParams
from segue_core.parameters import ParameterError, build, describe, table_fields


def test_every_parameter_says_what_it_does():
    for field in table_fields(ShapingParams):
        assert describe(field).endswith(('.', ']')) and len(describe(field)) > 20, field.name


def test_defaults_are_what_the_table_builds_from_nothing():
    assert build(ShapingParams, {}) == ShapingParams()


@pytest.mark.parametrize(('values', 'message'), [
    ({'interpolation': 'spline'}, 'shaping.interpolation must be one of hold, linear, cubic'),
    ({'starvation_behavior': 'stop'}, 'must be one of hold, decay, safe_pose'),
    ({'low_pass_order': 5}, r'must be within 1..4, got 5'),
    ({'smooth': -1}, r'must be within 0..100 control steps, got -1'),
    ({'velocity_limits': 2.0}, 'must be a list'),
])
def test_values_outside_their_range_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        build(ShapingParams, values, 'shaping.')
