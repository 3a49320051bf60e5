"""One episode in process: what is rendered, what the bridge knows, which delays are drawn."""

from dataclasses import replace

import numpy as np
import pytest
from evaluation_world import NAMES, PARAMETERS, Params, World

from policy_node.policy import PolicyError
from policy_node.server import PolicyServer
from segue_core.parameters import ParameterError
from segue_evaluation.delays import read_delay
from segue_evaluation.episode import EpisodeRunner
from segue_evaluation.modes import MODES, Chunking
from segue_evaluation.plan import Episode, Plan
from segue_evaluation.record import sha256
from segue_evaluation.rollout import Rollout
from segue_evaluation.settings import policy_parameters, read_settings
from segue_evaluation.watched import EVERY, Watched

DRIVER = 'evaluation_world:driver'


@pytest.fixture
def params_file(tmp_path):
    file = tmp_path / 'world.yaml'
    file.write_text(PARAMETERS)
    return file


def plan(params_file, policy='evaluation_world:Reach'):
    return Plan(params_file, {'policy': policy}, policy, policy_parameters(policy), DRIVER,
                Chunking(8, 0.5, 4), 60)


def episode(mode='latest_only', delay='2', **changes):
    values = dict(suite='lines', task_id=0, init_state=0, seed=0, mode=MODES[mode],
                  delay=read_delay(delay, 20.0))
    return Episode(**{**values, **changes})


def outcome(params_file, *, known=(), seen=None, **parameters):
    settings = read_settings(params_file, {
        'policy': 'evaluation_world:Reach', 'actions_per_chunk': 8,
        'aggregate_fn_name': 'latest_only', **parameters})
    server = PolicyServer(settings.policy)
    server.load(settings.policy)

    def infer(request, features, task):
        if seen is not None:
            seen.append(request.estimated_delay)
        return server.infer(request, features, task)
    contract = settings.contract.narrowed(server.policy.metadata.features)
    return Rollout(settings.make_simulator(), infer, contract, settings.bridge, settings.shaping,
                   known).run(0, 0, 60)


def test_bridge_knows_the_delay_before_the_first_request(params_file):
    seen = []
    outcome(params_file, known=(3,), seen=seen, inference_delay=3)
    assert set(seen) == {3.0}


def test_bridge_that_just_started_knows_no_delay(params_file):
    seen = []
    outcome(params_file, seen=seen, inference_delay=3)
    assert seen[:2] == [0.0, 0.0]


def test_a_chunk_that_the_bridge_refuses_ends_the_episode_with_the_reason(params_file):
    runner = EpisodeRunner(plan(params_file, 'evaluation_world:Beyond'), filming=False)
    with pytest.raises(PolicyError, match=r'the bridge refuses .*must be within -1\.\.1'):
        runner.run(episode())


def test_a_checkpoint_that_changes_while_it_is_evaluated_is_told(params_file, tmp_path):
    weights = tmp_path / 'weights'
    weights.write_text('old')
    made = plan(params_file)
    made = replace(made, given={**made.given, 'checkpoint': str(weights)},
                   checkpoint_sha256=sha256(str(weights)))
    runner = EpisodeRunner(made, filming=False)
    runner.run(episode())
    weights.write_text('new')
    runner.run(episode('average'))      # the same policy, loaded already
    with pytest.raises(ParameterError, match='weights was changed while it was evaluated'):
        runner.run(episode('sync'))


def test_motion_is_measured_whatever_the_order_of_the_columns(params_file):
    before = EpisodeRunner(plan(params_file), filming=False).run(episode())
    text = params_file.read_text()
    assert 'actions: [x, gripper]' in text
    params_file.write_text(text.replace('actions: [x, gripper]', 'actions: [gripper, x]'))
    after = EpisodeRunner(plan(params_file, 'evaluation_world:Swapped'), filming=False
                          ).run(episode())
    assert (after.steps, after.jerk, after.seam_jump_max) == (
        before.steps, before.jerk, before.seam_jump_max)


def test_seams_are_where_chunks_become_usable(params_file):
    made = outcome(params_file, inference_delay=2)
    steps = [seam.step for seam in made.seams]
    assert steps[0] == 2
    assert made.starved.tolist() == [True] * 2 + [False] * (made.steps - 2)
    assert np.isnan(made.commands[:2]).all()
    assert made.seams[0].queued is None
    assert all(seam.queued.shape == (len(NAMES),) for seam in made.seams[1:])
    assert not made.positions
    assert len(made.inference_ns) == made.counters.requests


def test_listed_delays_are_drawn_by_the_seed_of_the_episode(params_file):
    runner = EpisodeRunner(plan(params_file), filming=False)
    rows = [runner.run(episode(delay='0+6', seed=seed)) for seed in (0, 0, 1, 2, 3)]
    comparable = [(row.steps, row.starved_ticks, row.queue_level) for row in rows]
    assert comparable[0] == comparable[1]
    assert len(set(comparable)) > 1


@pytest.mark.parametrize(('policy', 'images'), [('Reach', False), ('Seeing', True)])
def test_images_are_rendered_only_for_a_policy_that_sees(params_file, policy, images):
    before = World.renders
    row = EpisodeRunner(plan(params_file, f'evaluation_world:{policy}'), filming=False).run(
        episode())
    assert row.success
    assert World.renders - before == (row.requests if images else 0)


def test_film_has_a_frame_every_few_steps_and_the_episode_stays_the_same(params_file, tmp_path):
    runner = EpisodeRunner(plan(params_file), filming=True)
    plain = runner.run(episode())
    filmed = runner.run(episode(film=tmp_path / 'film.npz'))
    assert (plain.steps, plain.jerk) == (filmed.steps, filmed.jerk)
    with np.load(tmp_path / 'film.npz') as film:
        assert len(film['frames']) == 1 + filmed.steps // EVERY
        assert int(film['steps']) == filmed.steps


def test_synchronous_robot_holds_still_while_it_waits(params_file):
    runner = EpisodeRunner(plan(params_file), filming=False)
    fast, slow = (runner.run(episode('sync', delay)) for delay in ('0', '3'))
    assert (fast.idle_share, fast.starved_ticks) == (0, 0)
    assert slow.starved_ticks == 3 * slow.requests
    assert slow.steps == fast.steps + slow.starved_ticks
    assert slow.idle_share == pytest.approx((slow.starved_ticks - 3) / slow.steps)
    assert (slow.actions_per_chunk, slow.threshold) == (4, 0.0)


def test_robot_that_breaks_is_a_failed_episode_with_the_reason(params_file):
    row = EpisodeRunner(plan(params_file), filming=False).run(episode(init_state=9))
    assert (row.success, row.steps, row.error) == (False, 4, 'the slide fell off')


def test_watched_simulator_says_whether_an_episode_began():
    watched = Watched(World(Params()), images=False)
    watched.reset(0, 0)
    watched.hold()
    assert watched.steps == 1
    with pytest.raises(RuntimeError):
        watched.reset(99, 0)
    assert watched.steps is None
