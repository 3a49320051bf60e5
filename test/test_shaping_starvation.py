"""Starvation behaviours: no jump at the start, the promised end, no jump on the way back."""

import numpy as np
import pytest

from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.starvation import DecayToStop, MinimumJerk, RampToSafePose, Recovery

TICK_NS = 10_000_000
TICK = TICK_NS * 1e-9
POSITION, VELOCITY = np.array([1.0, 5.0]), np.array([2.0, 2.0])


def run(behavior, ticks):
    behavior.start(POSITION, VELOCITY)
    samples = [behavior.tick() for _ in range(ticks)]
    return np.array([s[0] for s in samples]), np.array([s[1] for s in samples])


def test_decay_goes_on_with_a_falling_velocity_and_stops():
    positions, velocities = run(DecayToStop(0.1, TICK_NS, np.array([False, True])), 300)
    assert positions[0, 0] - 1.0 == pytest.approx(2.0 * TICK, rel=0.06)
    assert (np.diff(velocities[:, 0]) < 0).all() and velocities[-1, 0] < 1e-9
    assert positions[-1, 0] == pytest.approx(1.0 + 2.0 * 0.1)


def test_decay_reports_the_velocity_it_moves_with():
    positions, velocities = run(DecayToStop(0.1, TICK_NS, np.zeros(2, bool)), 100)
    moved = np.gradient(positions, TICK, axis=0)[1:-1]
    assert velocities[1:-1] == pytest.approx(moved, rel=0.01)


def test_grippers_stay_while_joints_decay():
    positions, velocities = run(DecayToStop(0.1, TICK_NS, np.array([False, True])), 50)
    assert (positions[:, 1] == 5.0).all() and (velocities[:, 1] == 0.0).all()


def test_safe_pose_is_reached_after_its_delay_and_time_and_kept():
    positions, velocities = run(RampToSafePose(np.array([0.0, np.nan]), 0.5, 1.0, TICK_NS), 200)
    assert (positions[:49, 0] == 1.0).all()
    assert positions[51, 0] < 1.0 and 0.4 < positions[99, 0] < 0.6
    assert positions[149:, 0] == pytest.approx(np.zeros(51), abs=1e-9)
    assert velocities[-1].tolist() == [0.0, 0.0]


def test_columns_without_a_safe_pose_stay():
    positions, _ = run(RampToSafePose(np.array([0.0, np.nan]), 0.0, 0.2, TICK_NS), 50)
    assert (positions[:, 1] == 5.0).all()


def test_way_to_the_safe_pose_begins_and_ends_gently():
    positions, velocities = run(RampToSafePose(np.array([0.0, 0.0]), 0.0, 1.0, TICK_NS), 120)
    assert np.abs(velocities[:, 0]).max() == pytest.approx(1.875, rel=0.01)
    assert np.abs(np.diff(velocities[:, 0])).max() / TICK < 5.9
    assert velocities[1:-1] == pytest.approx(np.gradient(positions, TICK, axis=0)[1:-1], abs=0.01)


def test_recovery_begins_at_the_last_target_and_ends_at_the_rows():
    recovery = Recovery(0.2, TICK_NS)
    recovery.start(np.array([3.0]))
    positions = [recovery.tick(np.array([1.0]), np.zeros(1))[0][0] for _ in range(30)]
    assert positions[0] == 4.0
    assert (np.diff(positions[:20]) < 0).all() and positions[20:] == [1.0] * 10
    assert not recovery.active


def test_recovery_reports_the_velocity_it_moves_with():
    recovery = Recovery(0.2, TICK_NS)
    recovery.start(np.array([3.0]))
    samples = [recovery.tick(np.array([1.0 + 0.5 * i * TICK]), np.array([0.5])) for i in range(19)]
    moved = np.gradient([s[0][0] for s in samples], TICK)
    assert [s[1][0] for s in samples][1:-1] == pytest.approx(moved[1:-1], abs=0.5)


def test_rows_pass_untouched_when_nothing_fades():
    recovery = Recovery(0.2, TICK_NS)
    row, velocity = np.array([1.0]), np.array([2.0])
    assert recovery.tick(row, velocity) == (row, velocity)
    recovery.start(np.array([3.0]))
    recovery.stop()
    assert recovery.tick(row, velocity) == (row, velocity)


@pytest.mark.parametrize(('elapsed_ns', 'share'), [
    (-5, 0.0), (0, 0.0), (500_000_000, 0.5), (1_000_000_000, 1.0), (9_000_000_000, 1.0)])
def test_minimum_jerk_goes_from_0_to_1(elapsed_ns, share):
    assert MinimumJerk(1.0).at(elapsed_ns)[0] == pytest.approx(share)


@pytest.mark.parametrize(('make', 'message'), [
    (lambda: DecayToStop(0.0, TICK_NS, np.zeros(1, bool)), 'decay_time must be > 0 s, got 0'),
    (lambda: RampToSafePose(np.zeros(1), -1.0, 1.0, TICK_NS), 'safe_pose_delay must be >= 0 s'),
    (lambda: RampToSafePose(np.zeros(1), 0.0, 0.0, TICK_NS), 'must take > 0 s, got 0'),
    (lambda: Recovery(0.0, TICK_NS), 'must take > 0 s, got 0')])
def test_times_outside_their_range_are_refused(make, message):
    with pytest.raises(ShapingError, match=message):
        make()
