"""Stages from parameters: what is switched on, what is refused and by which name."""

import numpy as np
import pytest
from shaping_helpers import spec

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.filters import LowPass, MovingAverage
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.stages import Stages, column_map
from robot_bridge.shaping.starvation import DecayToStop, RampToSafePose

STEP_NS, TICK_NS = 20_000_000, 10_000_000


def stages(**params):
    return Stages.from_params(spec(), ShapingParams(**params), STEP_NS, TICK_NS)


def test_defaults_limit_nothing_but_the_range_of_the_robot():
    made = stages()
    assert (made.behavior, made.filters, made.binarizer) == (None, (), None)
    assert made.limits.upper.tolist() == [10, 10, 10]
    for kind in ('velocity', 'acceleration', 'jerk', 'relative'):
        assert np.isinf(getattr(made.limits, kind)).all()


@pytest.mark.parametrize(('params', 'kind', 'values'), [
    ({'velocity_limits': (2.0,)}, 'velocity', [2, 2, 2]),
    ({'velocity_limits': (1.0, 2.0, 3.0)}, 'velocity', [1, 2, 3]),
    ({'limited_columns': ('grip', 'pan'), 'jerk_limits': (1.0, 2.0)}, 'jerk', [2, np.inf, 1]),
    ({'limited_columns': ('lift',), 'max_relative_target': (.5,)}, 'relative',
     [np.inf, .5, np.inf]),
    ({'acceleration_limits': (np.inf, 4.0, np.inf)}, 'acceleration', [np.inf, 4, np.inf]),
    ({'lower_limits': (-1.0, -20.0, -3.0)}, 'lower', [-1, -10, -3]),
    ({'upper_limits': (20.0,)}, 'upper', [10, 10, 10]),
    ({'max_velocity': .1}, 'velocity', [5, 5, 5]),
    ({'max_velocity': .1, 'velocity_limits': (2.0, 9.0, 9.0)}, 'velocity', [2, 5, 5]),
    ({'max_velocity': .1, 'gripper_columns': ('grip',)}, 'velocity', [5, 5, np.inf]),
    ({'velocity_limits': (2.0,), 'gripper_columns': ('grip',), 'binarize_gripper': True},
     'velocity', [2, 2, np.inf]),
])
def test_limits_belong_to_the_columns_named(params, kind, values):
    assert getattr(stages(**params).limits, kind).tolist() == pytest.approx(values)


def test_filters_are_made_in_order_and_skip_the_grippers():
    average, low_pass = stages(smooth=3, low_pass_cutoff=5.0, gripper_columns=('grip',)).filters
    assert isinstance(average, MovingAverage) and isinstance(low_pass, LowPass)
    average.reset(np.zeros(3))
    smooth = [average.apply(np.ones(3)) for _ in range(6)]   # 3 control steps of 2 ticks
    assert smooth[4][0] < 1.0 and smooth[5].tolist() == [1, 1, 1]
    assert smooth[0][2] == 1.0


@pytest.mark.parametrize('smooth', [0, 1])
def test_window_of_one_step_is_no_filter(smooth):
    assert stages(smooth=smooth).filters == ()


def test_starvation_behaviours_are_made_by_name():
    assert isinstance(stages(starvation_behavior='decay').behavior, DecayToStop)
    made = stages(starvation_behavior='safe_pose', safe_pose=(1.0, 2.0), safe_pose_delay=0.0,
                  safe_pose_columns=('lift', 'pan'), safe_pose_time=0.01).behavior
    assert isinstance(made, RampToSafePose)
    made.start(np.zeros(3), np.zeros(3))
    assert made.tick()[0].tolist() == [2, 1, 0]


@pytest.mark.parametrize(('columns', 'grip'), [((), 0.5), (('pan', 'lift', 'grip'), 3.0)])
def test_gripper_keeps_what_it_holds_at_the_safe_pose_unless_it_is_named(columns, grip):
    made = stages(starvation_behavior='safe_pose', safe_pose=(1.0, 2.0, 3.0), safe_pose_delay=0.0,
                  safe_pose_columns=columns, safe_pose_time=0.01,
                  gripper_columns=('grip',)).behavior
    made.start(np.array([0, 0, 0.5]), np.zeros(3))
    assert made.tick()[0].tolist() == [1, 2, grip]


def test_held_columns_have_their_values():
    columns = column_map(spec(), ShapingParams(held_columns=('grip', 'pan'),
                                               held_values=(1.0, 2.0)), ('lift',))
    assert columns.expand(np.array([7.0])).tolist() == [2, 7, 1]


@pytest.mark.parametrize(('params', 'message'), [
    ({'gripper_columns': ('hand',)}, r"gripper_columns has \['hand'\], but the columns are"),
    ({'limited_columns': ('elbow',)}, r"limited_columns has \['elbow'\]"),
    ({'velocity_limits': (1.0, 2.0)}, 'velocity_limits must have one value or one for each of 3'),
    ({'velocity_limits': (0.0,)}, 'velocity limit of pan must be > 0, got 0'),
    ({'lower_limits': (11.0,)}, 'lower limit of pan must be <= upper, got 11'),
    ({'low_pass_cutoff': 50.0}, 'low_pass_cutoff must be > 0 and below half the tick rate, 50 Hz'),
    ({'starvation_behavior': 'safe_pose'}, 'needs the parameter safe_pose'),
    ({'starvation_behavior': 'safe_pose', 'safe_pose': (11.0,)},
     r'safe_pose of pan must be within -10..10, got 11'),
    ({'starvation_behavior': 'safe_pose', 'safe_pose': (1.0,), 'safe_pose_columns': ('q',)},
     r"safe_pose_columns has \['q'\]"),
    ({'binarize_gripper': True}, 'binarize_gripper needs gripper_columns'),
    ({'binarize_gripper': True, 'gripper_columns': ('grip',), 'gripper_open_value': 100.0},
     'gripper_open_value must be within the range of'),
    ({'binarize_gripper': True, 'gripper_columns': ('grip',), 'upper_limits': (0.7,)},
     'gripper_open_value must be within the range of'),
    ({'binarize_gripper': True, 'gripper_columns': ('grip',), 'gripper_open_threshold': 0.4},
     'must differ'),
])
def test_parameters_that_do_not_fit_are_refused_by_name(params, message):
    with pytest.raises(ShapingError, match=message):
        stages(**params)


@pytest.mark.parametrize(('params', 'names', 'message'), [
    ({}, ('pan', 'lift'), r"the robot needs \['grip'\], which the policy does not give"),
    ({'held_columns': ('hand',)}, ('pan', 'lift'), r"held_columns has \['hand'\]"),
    ({'held_columns': ('grip',), 'held_values': (11.0,)}, ('pan', 'lift'),
     r'held_values: grip must be within -10..10, got 11'),
    ({'held_columns': ('grip',), 'held_values': (1.0, 2.0)}, ('pan', 'lift'),
     'held_values must have one value or one for each of 1 columns'),
])
def test_columns_that_do_not_fit_are_refused_by_name(params, names, message):
    with pytest.raises(ShapingError, match=message):
        column_map(spec(), ShapingParams(**params), names)
