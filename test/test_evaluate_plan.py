"""The grid of episodes, and how it is dealt to workers."""

import pytest

from segue_evaluation.delays import read_delay
from segue_evaluation.modes import MODES
from segue_evaluation.plan import BLOCK, blocks, episodes, without


def grid(tasks=(0, 1), inits=range(40, 50), delays=('0', '8')):
    return episodes('libero_object', tasks, inits, [0], [MODES['sync'], MODES['average']],
                    [read_delay(text, 20.0) for text in delays])


def test_first_episodes_compare_all_modes_and_delays_on_one_scene():
    first = grid()[:4]
    assert len({(e.task_id, e.init_state, e.seed) for e in first}) == 1
    assert len({(e.mode.name, e.delay.text) for e in first}) == 4


@pytest.mark.parametrize('processes', [1, 2, 5, 100])
def test_every_episode_is_in_one_block_of_one_task(processes):
    dealt = blocks(grid(), processes)
    assert sorted(e.key for block in dealt for e in block) == sorted(e.key for e in grid())
    assert all(len({e.task_id for e in block}) == 1 for block in dealt)
    assert max(map(len, dealt)) <= BLOCK
    assert len(dealt) >= min(processes, len(grid()))


def test_tasks_take_turns():
    assert [block[0].task_id for block in blocks(grid(), 1)] == [0, 1, 0, 1]


def test_episodes_that_are_done_are_left_out():
    done = {grid()[0].key, grid()[3].key}
    left = without(grid(), done)
    assert len(left) == len(grid()) - 2
    assert done.isdisjoint(e.key for e in left)
