"""Early refresh: a gripper that opens again is done, a robot that does not move is stalled."""

import numpy as np
import pytest

from policy_node.subtasks.early import Signs
from policy_node.subtasks.values import SubtaskSettings

SETTINGS = SubtaskSettings(subtask_stall_time=2.0, subtask_stall_tolerance=0.1,
                           subtask_grippers=('left', 'right'), subtask_gripper_open=-1.0,
                           subtask_gripper_closed=1.0)


def reason(*looks, begun=0.0, settings=SETTINGS, grips=()):
    """Why to refresh after looks of (time [s], values), and then after grips of a column."""
    signs = Signs()
    signs.begin(round(begun * 1e9))
    t = begun
    for t, *state in looks:
        signs.see(round(t * 1e9), {'state': np.array(state), 'name': 'x'}, {}, settings)
    for column, value in grips:
        signs.see(round(t * 1e9), {}, {column: value}, settings)
    return signs.reason(round(t * 1e9), settings)


@pytest.mark.parametrize(('looks', 'why'), [
    ([(0, 1.0), (2, 1.0)], 'stalled'),
    ([(0, 1.0), (1.9, 1.0)], ''),
    ([(0, 1.0, 5.0), (1, 1.05, 5.0), (2, 1.09, 4.95)], 'stalled'),
    ([(0, 1.0, 5.0), (1, 1.0, 5.2), (2, 1.0, 5.2)], ''),
    ([(0, 1.0), (1, 2.0), (3, 2.0)], 'stalled'),
    ([(0, 0.0), (1, 0.09), (2, 0.18)], ''),
    ([(0, 1.0), (2, np.nan)], ''),
    ([(0, 1.0), (2, 1.0, 1.0)], ''),
    ([(0,), (5,)], ''),
])
def test_stalled_is_when_no_value_moved_for_long_enough(looks, why):
    assert reason(*looks) == why


def test_stall_is_counted_from_the_beginning_of_the_subtask():
    assert reason((2.5, 1.0), (4, 1.0), begun=1.0) == 'stalled'


@pytest.mark.parametrize(('grips', 'why'), [
    ([('left', 1.0), ('left', -1.0)], 'done'),
    ([('left', 0.6), ('left', -0.6)], 'done'),
    ([('left', 0.4), ('left', -1.0)], ''),
    ([('left', 1.0), ('left', -0.4)], ''),
    ([('left', -1.0)], ''),
    ([('left', -1.0), ('left', 1.0)], ''),
    ([('left', 1.0), ('right', -1.0)], ''),
    ([('other', 1.0), ('other', -1.0)], ''),
])
def test_done_is_when_a_gripper_that_was_closed_is_opened(grips, why):
    assert reason(grips=grips) == why


def test_next_subtask_begins_with_a_clean_slate():
    signs = Signs()
    for value in (1.0, -1.0):
        signs.see(0, {'state': np.zeros(1)}, {'left': value}, SETTINGS)
    assert signs.reason(0, SETTINGS) == 'done'
    signs.begin(5)
    assert signs.reason(10**12, SETTINGS) == ''
