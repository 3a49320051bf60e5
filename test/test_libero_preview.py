"""Preview of actions: where they lead without obstacles."""

import numpy as np
import pytest

from robot_bridge.drivers.libero.preview import GOAL_PER_UNIT, end_effector_path

START, STILL = np.array([0.1, 0.2, 0.3]), np.zeros(3)


def test_without_commands_the_end_effector_stays():
    assert end_effector_path(START, STILL, np.zeros((4, 7)), 0.05) == pytest.approx(
        np.tile(START, (4, 1)))


def test_one_very_long_step_reaches_the_goal():
    path = end_effector_path(START, STILL, np.array([[1.0, 0, -1, 0, 0, 0, 1]]), 100.0)
    assert path[0] == pytest.approx(START + GOAL_PER_UNIT * np.array([1, 0, -1]))


def test_velocity_is_carried_on_and_damped():
    path = end_effector_path(START, np.array([0.2, 0, 0]), np.zeros((30, 7)), 0.05)
    moved = np.diff(np.vstack([START, path])[:, 0])
    assert moved[0] > 0
    assert abs(moved[-1]) < 1e-6


def test_no_rows_lead_nowhere():
    assert end_effector_path(START, STILL, np.empty((0, 7)), 0.05).shape == (0, 3)
