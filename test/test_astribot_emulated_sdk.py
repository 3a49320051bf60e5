"""The stand-in has the habits of the SDK, and refuses what no S1 could do."""

import inspect

import numpy as np
import pytest
from astribot_robot import joints, plug_in

from robot_bridge.emulators.astribot import sdk
from robot_bridge.emulators.astribot.robot import HOME

ARM, TORSO = 'astribot_arm_left', 'astribot_torso'


@pytest.fixture
def world(monkeypatch):
    return plug_in(monkeypatch)


@pytest.fixture
def robot(world):
    return world[1]


@pytest.fixture
def clock(world):
    return world[0]


@pytest.fixture
def client(robot):
    return sdk.Astribot()


def arm(first=0.159):
    return [first, *HOME[ARM][1:]]


def test_signatures_are_those_of_the_vendor():
    def names(call):
        return list(inspect.signature(call).parameters)[1:]

    assert names(sdk.Astribot.set_joints_position) == [
        'names', 'position', 'control_way', 'use_wbc', 'add_default_torso']
    assert names(sdk.Astribot.move_joints_waypoints) == [
        'names', 'waypoints', 'time_list', 'use_wbc', 'joy_controller', 'add_default_torso']
    assert names(sdk.Astribot) == ['ip', 'interface', 'high_control_rights', 'node_name', 'logger']
    assert inspect.signature(sdk.Astribot).parameters['freq'].default == 250.0


def test_parts_lie_in_the_order_of_the_sdk(client):
    assert client.whole_body_names == [f'astribot_{part}' for part in (
        'chassis', 'torso', 'arm_left', 'gripper_left', 'arm_right', 'gripper_right', 'head')]
    assert client.get_dof() == [3, 4, 7, 1, 7, 1, 2]


def test_times_of_waypoints_count_from_now_and_lead_from_where_the_robot_is(client, clock, robot):
    client.move_joints_waypoints([TORSO, ARM], [[HOME[TORSO], arm(0.259)],
                                                [HOME[TORSO], arm(0.159)]], [1.0, 3.0])
    seen = []
    for _ in range(7):
        seen.append(client.get_desired_joints_position([ARM])[0][0])
        clock.advance(0.5)
    assert seen == pytest.approx([0.159, 0.209, 0.259, 0.234, 0.209, 0.184, 0.159])


def test_a_torso_left_out_is_appended_to_the_callers_own_waypoints(client, robot):
    names, waypoints = [ARM], [[arm(0.16)], [arm(0.17)]]
    client.move_joints_waypoints(names, waypoints, [0.1, 0.2])
    assert names == [ARM]
    assert waypoints == [[arm(0.16), list(HOME[TORSO])], [arm(0.17), list(HOME[TORSO])]]
    assert robot.record.appended_torso == 1
    client.move_joints_waypoints(names, [[arm(0.16)]], [0.1], add_default_torso=False)
    assert robot.record.appended_torso == 1


def test_a_torso_left_out_of_positions_is_added_too(client, robot):
    client.set_joints_position([ARM], [arm(0.16)])
    told = dict(zip(sdk.ALL.joints, robot.record.commands[-1].values, strict=True))
    assert [told[j] for j in joints('torso')] == list(HOME[TORSO])


def test_joints_follow_at_250_hz_and_come_to_rest(client, clock, robot):
    client.set_joints_position([TORSO, ARM], [HOME[TORSO], arm(0.17)])
    measured = []
    for _ in range(100):
        clock.advance(0.004)
        measured.append(client.get_current_joints_position([ARM])[0][0])
    assert (np.diff(measured) >= 0).all()
    assert 0.159 < measured[0] < 0.165
    assert measured[-1] == pytest.approx(0.17, abs=1e-6)
    assert client.get_current_joints_velocity([ARM])[0][0] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(('reason', 'names', 'position'), [
    ('names', [ARM, 'astribot_elbow'], [arm(), [0.0]]),
    ('names', [ARM, ARM], [arm(), arm()]),
    ('names', ['astribot_head', ARM], [[0.0, 0.0], arm()]),
    ('widths', [ARM], [arm()[:6]]),
    ('widths', [ARM], [arm(float('nan'))]),
    ('limits', ['astribot_gripper_left'], [[101.0]]),
    ('speed', [ARM], [arm(0.3)])])
def test_positions_that_no_robot_could_reach_are_refused(client, robot, reason, names, position):
    with pytest.raises(ValueError):
        client.set_joints_position(names, position)
    assert (robot.record.refused, robot.record.accepted) == ({reason: 1}, 0)


@pytest.mark.parametrize('times', [[0.0, 0.1], [0.1], [0.2, 0.1], [0.1, 0.1], [-0.1, 0.1]])
def test_waypoints_that_are_late_or_out_of_order_are_refused(client, robot, times):
    with pytest.raises(ValueError, match='> 0 and increasing'):
        client.move_joints_waypoints([TORSO, ARM], [[HOME[TORSO], arm(0.16)]] * 2, times)
    assert robot.record.refused == {'times': 1}


def test_waypoints_too_far_apart_are_refused(client, robot):
    with pytest.raises(ValueError, match='limit is 4 rad/s'):
        client.move_joints_waypoints([TORSO, ARM], [[HOME[TORSO], arm(1.0)]], [0.1])


def test_a_control_way_that_does_not_exist_is_refused(client):
    with pytest.raises(ValueError, match='control way'):
        client.set_joints_position([ARM], [arm()], control_way='fast')


def test_a_stopped_robot_stays_and_ignores_commands_until_it_is_restarted(client, clock, robot):
    client.set_joints_position([TORSO, ARM], [HOME[TORSO], arm(0.18)])
    clock.advance(0.008)
    client.stop_robot()
    at = client.get_current_joints_position([ARM])[0][0]
    client.set_joints_position([TORSO, ARM], [HOME[TORSO], arm(0.18)])
    assert client.move_joints_waypoints([TORSO], [[HOME[TORSO]]], [1.0]) is None
    clock.advance(1.0)
    assert client.get_current_joints_position([ARM])[0][0] == at
    assert (robot.record.accepted, robot.record.ignored) == (1, 2)
    client.restart_robot()
    client.set_joints_position([TORSO, ARM], [HOME[TORSO], arm(at)])
    assert robot.record.accepted == 2


def test_a_second_client_has_no_control_unless_it_says_yes(client, robot, monkeypatch):
    monkeypatch.setattr('builtins.input', lambda: '')
    second = sdk.Astribot()
    second.set_joints_position([ARM], [arm()])
    assert (second.get_control_rights_status(), robot.record.ignored) == (False, 1)
    monkeypatch.setattr('builtins.input', lambda: 'yes')
    third = sdk.Astribot()
    assert (third.get_control_rights_status(), client.get_control_rights_status()) == (True, False)


def test_control_is_free_again_when_its_client_is_gone(robot):
    first = sdk.Astribot()
    del first
    assert sdk.Astribot().get_control_rights_status()


def test_gaps_between_positions_are_measured_with_the_robots_clock(client, clock, robot):
    for pause in (0.004, 0.008, 0.012, 0.004):
        client.set_joints_position([TORSO, ARM], [HOME[TORSO], arm()])
        clock.advance(pause)
    client.set_joints_position([TORSO, ARM], [HOME[TORSO], arm()])
    assert (robot.record.gaps, robot.record.longest_gap_ns) == (1, 12_000_000)
