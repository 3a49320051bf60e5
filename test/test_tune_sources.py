"""Chunk sources: synthetic predictions disagree more the older they are; recorded ones align."""

import numpy as np
import pytest

from robot_bridge.tune.errors import TuneError
from robot_bridge.tune.sources import RecordedPolicy, SyntheticPolicy


def synthetic(**changes):
    return SyntheticPolicy(**{'joints': 3, 'amplitude': 0.5, 'bandwidth': 0.5, 'noise': 0.05,
                              'rate': 30.0, 'steps': 100, 'seed': 0} | changes)


def recorded(*chunks, names=('a',)):
    """Chunks (first timestep, values of the first column)."""
    return RecordedPolicy(names, ('rad',) * len(names), [first for first, _ in chunks],
                          [np.outer(values, np.arange(1, len(names) + 1)) for _, values in chunks])


def test_synthetic_predictions_repeat_and_change_with_the_seed():
    assert (synthetic().predict(7, 20) == synthetic().predict(7, 20)).all()
    assert (synthetic().predict(7, 20) != synthetic(seed=1).predict(7, 20)).all()


def test_longer_chunk_begins_like_a_shorter_one():
    assert np.array_equal(synthetic().predict(7, 50)[:20], synthetic().predict(7, 20))


def test_perfect_policy_predicts_the_motion_itself():
    policy = synthetic(noise=0.0)
    assert policy.predict(40, 20) == pytest.approx(policy.motion(np.arange(40, 60)))


def test_motion_has_the_amplitude_and_stays_below_the_bandwidth():
    motion = synthetic().motion(np.arange(30_000))
    assert np.sqrt(2) * motion.std(axis=0) == pytest.approx([0.5] * 3, rel=0.05)
    spectrum = np.abs(np.fft.rfft(motion, axis=0))
    frequencies = np.fft.rfftfreq(30_000, 1 / 30)
    assert spectrum[frequencies > 0.51].max() < 0.02 * spectrum.max()


def test_prediction_error_grows_with_the_time_ahead_to_the_noise_at_one_second():
    policy = synthetic(joints=50)
    errors = np.array([policy.predict(t, 61) - policy.motion(np.arange(t, t + 61))
                       for t in range(0, 4000, 20)])
    deviation = errors.std(axis=(0, 2))
    assert deviation[[0, 30, 60]] == pytest.approx([0.005, 0.055, 0.105], rel=0.05)
    assert (np.diff(deviation[::10]) > 0).all()


def test_recorded_rows_come_from_the_nearest_observation_that_covers_their_step():
    policy = recorded((10, [0, 1, 2, 3]), (12, [102, 103, 104, 105]), (15, [205, 206, 207, 208]))
    assert policy.steps == 9
    assert policy.predict(0, 4)[:, 0].tolist() == [0, 1, 2, 3]
    assert policy.predict(1, 4)[:, 0].tolist() == [1, 2, 3, 104]
    assert policy.predict(2, 4)[:, 0].tolist() == [102, 103, 104, 105]
    assert policy.predict(3, 4)[:, 0].tolist() == [103, 104, 105, 206]


def test_chunks_may_be_recorded_in_any_order():
    policy = recorded((14, [104, 105]), (12, [2, 3]))
    assert policy.predict(0, 4)[:, 0].tolist() == [2, 3, 104, 105]


def test_past_the_recording_the_last_row_stays():
    policy = recorded((0, [0, 1]), (1, [101, 102]))
    assert policy.predict(2, 4)[:, 0].tolist() == [102] * 4
    assert policy.predict(9, 2)[:, 0].tolist() == [102] * 2


def test_gap_in_the_recording_is_bridged_with_the_row_before_it():
    policy = recorded((0, [0, 1]), (4, [104, 105]))
    assert policy.predict(1, 5)[:, 0].tolist() == [1, 1, 1, 104, 105]
    assert policy.predict(2, 2)[:, 0].tolist() == [1, 1]
    assert policy.predict(2, 3)[:, 0].tolist() == [104, 104, 104]


def test_columns_are_chosen_by_name():
    policy = recorded((0, [1, 2]), names=('a', 'b', 'c')).columns(['c', 'a'])
    assert (policy.names, policy.predict(0, 2).tolist()) == (('c', 'a'), [[3, 1], [6, 2]])
    with pytest.raises(TuneError, match="one of c, a; got 'gripper'"):
        policy.columns(['gripper'])
