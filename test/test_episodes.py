"""Episodes: each begins at its own initial state and ends by success or by max_steps."""

import pytest

from robot_bridge.driver import EpisodeStart
from robot_bridge.episodes import EpisodeParams, EpisodeRunner


class Simulator:
    def __init__(self, succeeds_after):
        self.succeeds_after, self.resets, self.checks = succeeds_after, [], 0

    def reset(self, init_state, seed):
        self.resets.append((init_state, seed))
        self.checks = 0
        return EpisodeStart('suite', 3, 'task', '(goal)', init_state, {})

    def success(self):
        self.checks += 1
        return self.checks >= self.succeeds_after


def test_states_and_seeds_follow_one_another_until_all_are_done():
    simulator = Simulator(1)
    runner = EpisodeRunner(simulator, EpisodeParams(count=2, first_init_state=5, seed=10))
    for _ in range(2):
        assert not runner.finished
        runner.begin(0)
        assert runner.goal == '(goal)'
        assert runner.advanced(0).success
    assert (simulator.resets, runner.finished, runner.goal) == ([(5, 10), (6, 11)], True, '')


@pytest.mark.parametrize(('succeeds_after', 'success', 'steps'), [(3, True, 3), (99, False, 5)])
def test_episode_ends_at_success_or_at_max_steps(succeeds_after, success, steps):
    runner = EpisodeRunner(Simulator(succeeds_after), EpisodeParams(max_steps=5))
    runner.begin(100)
    results = [runner.advanced(100 + k) for k in range(steps)]
    assert results[:-1] == [None] * (steps - 1)
    assert (results[-1].success, results[-1].steps, results[-1].wall_ns) == (
        success, steps, steps - 1)


def test_aborted_episode_is_over_without_success_and_the_next_may_begin():
    runner = EpisodeRunner(Simulator(99), EpisodeParams(count=2))
    assert runner.abort(0) is None
    runner.begin(0)
    runner.advanced(1)
    result = runner.abort(2)
    assert (result.success, result.steps, runner.finished) == (False, 1, False)
    assert runner.begin(3).init_state == 1
