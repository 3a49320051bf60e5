"""The reference policy: deterministic, continues what is queued, refuses what does not fit."""

import numpy as np
import pytest
import reference_helpers as h

from policy_node.policies.reference import Params, create
from policy_node.policies.reference.checkpoint import save
from policy_node.policies.reference.text import PADDING, tokenize
from policy_node.policy import BatchPolicy, PolicyError, Query

NOTHING = np.empty((0, 7))


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp('checkpoint')
    save(folder, h.awake(h.model()), h.statistics())
    return folder


def policy(checkpoint, rows=h.HORIZON, **params):
    return create(h.config(checkpoint, rows, Params(**params)))


def test_same_seed_and_observation_give_the_same_chunk_in_any_session(checkpoint):
    first, second = (policy(checkpoint, seed=3, noise=1.0) for _ in range(2))
    first.infer(h.observation(timestep=9), NOTHING, 0)
    first.reset('another session')
    a, b = (p.infer(h.observation(timestep=4), NOTHING, 0).actions for p in (first, second))
    assert np.array_equal(a, b)


@pytest.mark.parametrize(('seed', 'timestep', 'prompt'), [
    (1, 0, 'pick up the soup'), (0, 1, 'pick up the soup'), (0, 0, 'open the drawer')])
def test_seed_and_timestep_of_the_noise_and_words_matter(checkpoint, seed, timestep, prompt):
    base = policy(checkpoint, noise=1.0).infer(h.observation(), NOTHING, 0).actions
    seen = h.observation(timestep, prompt)
    other = policy(checkpoint, seed=seed, noise=1.0).infer(seen, NOTHING, 0).actions
    assert np.abs(base - other).max() > 1e-4


def test_without_noise_chunks_vary_with_what_is_seen_alone(checkpoint):
    made = policy(checkpoint, noise=0.0)
    chunks = [made.infer(h.observation(timestep), NOTHING, 0).actions for timestep in (0, 7)]
    assert np.array_equal(*chunks)
    other = h.observation(state=np.ones(h.STATE))
    assert np.abs(chunks[0] - made.infer(other, NOTHING, 0).actions).max() > 1e-4


def test_chunk_is_as_long_as_asked_for_and_within_what_was_demonstrated(checkpoint):
    made = policy(checkpoint, rows=5)
    chunk = made.infer(h.observation(), NOTHING, 0)
    assert made.metadata.horizon == len(chunk.actions) == 5
    statistics = h.statistics()
    assert (chunk.actions >= statistics.action_low.numpy() - 1e-6).all()
    assert (chunk.actions <= statistics.action_high.numpy() + 1e-6).all()
    assert np.ptp(chunk.actions) > 0.1


@pytest.mark.parametrize('rtc', ['guided', 'trained'])
def test_rows_that_will_have_been_executed_repeat_the_queue(checkpoint, rtc):
    prefix = np.random.default_rng(5).uniform(-0.5, 0.5, (6, 7))
    chunk = policy(checkpoint, rtc=rtc).infer(h.observation(), prefix, 2.2)
    assert chunk.frozen_rows == 3       # 2.2 steps are three rows
    assert np.array_equal(chunk.actions[:3], prefix[:3])
    free = policy(checkpoint).infer(h.observation(), prefix, 2.2)
    assert free.frozen_rows == 0
    assert np.abs(chunk.actions[3:] - free.actions[3:]).max() > 1e-4    # the rest takes it up


def test_guided_chunk_stays_nearer_to_the_queue(checkpoint):
    prefix = np.random.default_rng(6).uniform(-0.5, 0.5, (6, 7))
    free, guided = (policy(checkpoint, rtc=rtc, rtc_beta=5.0).infer(h.observation(), prefix, 2)
                    for rtc in ('off', 'guided'))
    def distance(chunk):
        return np.abs(chunk.actions[2:4] - prefix[2:4]).mean()
    assert distance(guided) < distance(free)


@pytest.mark.parametrize('rtc', ['guided', 'trained'])
@pytest.mark.parametrize('delay', [0, 3, 50])
@pytest.mark.parametrize('queued', [0, 1, 8, 12])
def test_any_queue_and_delay_give_a_finite_chunk(checkpoint, rtc, delay, queued):
    prefix = np.zeros((queued, 7))
    chunk = policy(checkpoint, rtc=rtc).infer(h.observation(), prefix, delay)
    assert chunk.actions.shape == (h.HORIZON, 7)
    assert np.isfinite(chunk.actions).all()
    assert chunk.frozen_rows == min(delay, queued, h.HORIZON)


def queries(number):
    """Robots at other times, with other words, sights, queues and delays."""
    random = np.random.default_rng(7)
    return [Query(h.observation(k, f'task {k % 3}', state=random.normal(size=h.STATE),
                                wrist=random.integers(0, 256, (h.SIZE, h.SIZE, 3), np.uint8)),
                  random.uniform(-0.5, 0.5, ((0, 3, 6, 12)[k % 4], 7)), (0.0, 1.5, 4.0)[k % 3])
            for k in range(number)]


@pytest.mark.parametrize('rtc', ['off', 'guided', 'trained'])
def test_chunk_does_not_depend_on_who_else_is_in_the_batch(checkpoint, rtc):
    made = policy(checkpoint, rtc=rtc)
    assert isinstance(made, BatchPolicy)
    alone = [made.infer(q.observation, q.prefix, q.delay) for q in queries(8)]
    together = made.infer_batch(queries(8))
    assert [t.frozen_rows for t in together] == [a.frozen_rows for a in alone]
    for a, t in zip(alone, together, strict=True):
        assert np.allclose(a.actions, t.actions, atol=1e-4)
    assert np.ptp([t.actions[-1] for t in together], axis=0).max() > 0.1


def test_unusable_observation_does_not_touch_the_others(checkpoint):
    made, asked = policy(checkpoint), queries(3)
    asked[1] = Query(h.observation(state=np.zeros(10)), NOTHING, 0.0)
    first, second, third = made.infer_batch(asked)
    assert "'state' must be 11 finite numbers" in str(second)
    alone = made.infer_batch([asked[0], asked[2]])
    assert np.allclose([first.actions, third.actions], [a.actions for a in alone], atol=1e-4)


def test_image_of_another_size_is_resized(checkpoint):
    big = np.full((2 * h.SIZE, 2 * h.SIZE, 3), 90, np.uint8)
    made = policy(checkpoint)
    large = made.infer(h.observation(agentview=big), NOTHING, 0).actions
    small = made.infer(h.observation(agentview=big[::2, ::2]), NOTHING, 0).actions
    assert np.allclose(large, small, atol=1e-4)


@pytest.mark.parametrize(('features', 'words'), [
    ({'wrist': np.zeros((4, 8, 3), np.uint8)}, "'wrist' must be a square RGB image"),
    ({'wrist': np.zeros((8, 8), np.uint8)}, "'wrist' must be a square RGB image"),
    ({'state': np.zeros(10)}, r"'state' must be 11 finite numbers, got shape \(10,\) with 10 that"),
    ({'state': np.full(11, np.nan)}, r"'state' must be 11 finite numbers, got shape .* with 0")])
def test_observation_that_does_not_fit_is_refused(checkpoint, features, words):
    with pytest.raises(PolicyError, match=words):
        policy(checkpoint).infer(h.observation(**features), NOTHING, 0)


@pytest.mark.parametrize(('changes', 'words'), [
    ({'rows': 9}, 'actions_per_chunk must be within 1..8'),
    ({'step_ns': 33_000_000}, 'control_rate must be 20 Hz'),
    ({'checkpoint': '/nowhere'}, '/nowhere'),
    ({'checkpoint': ''}, 'needs parameter checkpoint'),
    ({'checkpoint': 'package://nowhere/x'}, "package 'nowhere' is not installed"),
    ({'features': {'state': 6}}, "'state' must have 11 columns for checkpoint .* gives 6")])
def test_configuration_that_does_not_fit_is_refused(checkpoint, changes, words):
    with pytest.raises(PolicyError, match=words):
        create(h.config(**{'checkpoint': checkpoint, **changes}))


def test_model_that_never_saw_a_prefix_cannot_continue_one(tmp_path):
    save(tmp_path, h.model(max_prefix=0), h.statistics())
    with pytest.raises(PolicyError, match='was not trained to continue a prefix'):
        policy(tmp_path, rtc='trained')


def test_words_are_counted_alike_whatever_case_and_punctuation():
    tokens = tokenize('Pick up: the SOUP!', 6, 1024)
    assert np.array_equal(tokens, tokenize('pick up the soup', 6, 1024))
    assert (tokens[:4] > PADDING).all() and (tokens[4:] == PADDING).all()
    assert len(set(tokens[:4].tolist())) == 4
    assert len(tokenize('a b c d e f g h', 6, 1024)) == 6
