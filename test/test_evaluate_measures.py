"""Idle share, seam jumps and jerk, on episodes that can be computed by hand."""

import numpy as np
import pytest
from evaluation_helpers import outcome

from segue_evaluation.measures import filled, jerk, measure, motion_columns, seam_jumps

NAN = (np.nan, np.nan)
MOTION = np.array([True, False])


def test_grippers_are_no_motion():
    assert motion_columns(('x', 'left_gripper', 'thumb'), ('thumb',)).tolist() == [
        True, False, False]


def test_steps_before_the_first_chunk_are_starved_but_not_idle():
    m = measure(outcome([NAN, NAN, (1, 0), NAN, (1, 0)], starved=[0, 1, 3],
                        seams=[(2, None), (4, None)]), MOTION, 20.0)
    assert (m.starved_ticks, m.idle_share) == (3, pytest.approx(1 / 5))
    assert m.inference_ms == 2.0


def test_episode_without_any_chunk_was_never_idle():
    m = measure(outcome([NAN, NAN], starved=[0, 1]), MOTION, 20.0)
    assert (m.idle_share, m.seam_jump_mean, m.jerk) == (0, 0, 0)


def test_robot_that_holds_has_no_motion_or_its_last_position():
    commands = np.array([NAN, (1.0, 2.0), NAN])
    assert filled(commands, positions=False).tolist() == [[0, 0], [1, 2], [0, 0]]
    assert filled(commands, positions=True).tolist() == [[1, 2], [1, 2], [1, 2]]


def test_seam_jump_is_against_the_row_that_was_queued_for_the_step():
    episode = outcome([(1, 0), (1, 0), (4, 9)], seams=[(0, None), (2, (1.5, -9))])
    assert seam_jumps(episode, MOTION).tolist() == [2.5]


@pytest.mark.parametrize(('positions', 'jump'), [(False, 3.0), (True, 2.0)])
def test_seam_jump_with_an_empty_queue_is_against_what_the_robot_did_before(positions, jump):
    episode = outcome([(1, 0), NAN, (3, 0)], seams=[(0, None), (2, None)], positions=positions)
    assert seam_jumps(episode, MOTION).tolist() == [jump]


def test_jerk_is_of_the_path_which_increments_add_up_to():
    steps = np.arange(8.0)
    cubic = np.stack([steps**3, steps], axis=1)         # third difference 6, and 0
    assert jerk(cubic, 2.0) == pytest.approx(np.sqrt(6**2 / 2) * 8)
    positions = outcome(cubic, positions=True)
    increments = outcome(np.diff(cubic, axis=0, prepend=0.0))
    both = np.array([True, True])
    assert measure(increments, both, 2.0).jerk == pytest.approx(
        measure(positions, both, 2.0).jerk)


def test_path_of_three_steps_has_no_jerk():
    assert jerk(np.ones((3, 2)), 20.0) == 0.0
