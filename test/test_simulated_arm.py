"""The simulated controller's arm: it obeys and refuses as ros2_controllers do."""

import pytest

from robot_bridge.simulated_controller.arm import CommandError, SimulatedArm

MS = 1_000_000


@pytest.fixture
def arm():
    return SimulatedArm(('a', 'b'), (0.0, 1.0), max_velocity=10.0, now_ns=0)


def test_it_goes_linearly_to_each_point_and_rests_at_the_last(arm):
    arm.follow(['b', 'a'], [(100 * MS, [1.0, 0.2]), (200 * MS, [0.6, 0.2])], 0)
    seen = [arm.step(now * MS) for now in (50, 100, 150, 200, 300)]
    assert [p.tolist() for p, _ in seen] == [pytest.approx(p) for p in (
        [0.1, 1.0], [0.2, 1.0], [0.2, 0.8], [0.2, 0.6], [0.2, 0.6])]
    assert seen[0][1] == pytest.approx([2.0, 0.0])
    assert seen[-1][1] == pytest.approx([0.0, 0.0])


def test_newer_trajectory_replaces_the_older_one_from_where_it_is(arm):
    arm.follow(['a', 'b'], [(100 * MS, [0.2, 1.0])], 0)
    arm.step(50 * MS)
    arm.follow(['a', 'b'], [(100 * MS, [0.0, 1.0])], 50 * MS)
    assert arm.step(100 * MS)[0] == pytest.approx([0.05, 1.0])


def test_it_is_never_faster_than_it_can_be(arm):
    arm.go_to([1.0, 1.0], 0)
    assert arm.step(20 * MS)[0] == pytest.approx([0.2, 1.0])
    assert arm.step(200 * MS)[0] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize(('joints', 'points', 'reason'), [
    (['a'], [(1, [0.0])], "Joints on incoming trajectory don't match the controller joints"),
    (['a', 'c'], [(1, [0.0, 0.0])], "Incoming joint c doesn't match the controller's joints"),
    (['a', 'a'], [(1, [0.0, 0.0])], "Joints on incoming trajectory don't match"),
    (['a', 'b'], [], 'Empty trajectory received'),
    (['a', 'b'], [(1, [0.0])], r'command size \(1\) does not match number of interfaces \(2\)'),
    (['a', 'b'], [(1, [0.0, float('nan')])], 'positions must be numbers'),
    (['a', 'b'], [(5, [0.0, 0.0]), (5, [0.0, 0.0])], 'Time between points is not strictly'),
])
def test_trajectory_that_the_real_controller_refuses_is_refused_and_changes_nothing(
        arm, joints, points, reason):
    with pytest.raises(CommandError, match=reason):
        arm.follow(joints, points, 0)
    assert arm.step(100 * MS)[0].tolist() == [0.0, 1.0]


def test_wrong_number_of_positions_is_refused(arm):
    with pytest.raises(CommandError, match='command size'):
        arm.go_to([0.0], 0)
