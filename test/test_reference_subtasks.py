"""A reference model of two levels: learns to say the next step, and acts on it."""

from dataclasses import replace

import numpy as np
import pytest
import reference_helpers as h
import torch

from policy_node.policies.reference import create
from policy_node.policies.reference.checkpoint import save
from policy_node.policies.reference.text import END, PADDING, encode, spell, vocabulary
from policy_node.policy import Decoding, SubtaskPolicy
from policy_node.train.cli import main
from policy_node.train.dataset import DatasetError, Demonstrations
from policy_node.train.trainer import Trainer, TrainingParams

WORDS = ('left', 'right', 'go')
NO_PREFIX = np.empty((0, 7))
GREEDY = Decoding(temperature=0.0)


@pytest.fixture
def policy(tmp_path):
    model = h.awake(h.model(vocabulary=WORDS, subtask_words=4))
    save(tmp_path, model, h.statistics())
    return create(h.config(tmp_path))


def said(policy, decoding, **features):
    return policy.subtask(h.observation(**features), decoding, lambda: None)


def test_words_come_back_from_their_tokens():
    words = vocabulary(['Pick up the soup', 'put it in the basket!'])
    tokens = encode('put the soup in', words, 6)
    assert tokens.tolist()[4:] == [END, PADDING, PADDING]
    assert spell(tokens[:4], words) == 'put the soup in'


@pytest.mark.parametrize(('text', 'words'), [
    ('go up', "new word 'up'"), ('go go go go go', 'has 5 words, 4 are possible')])
def test_subtask_that_cannot_be_said_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        encode(text, WORDS, 4)


def test_only_a_checkpoint_with_a_vocabulary_decodes_subtasks(policy, tmp_path):
    assert isinstance(policy, SubtaskPolicy)
    save(tmp_path, h.model(), h.statistics())
    assert not isinstance(create(h.config(tmp_path)), SubtaskPolicy)


def test_seed_decides_what_is_sampled(policy):
    hot = [said(policy, Decoding(temperature=5.0, seed=seed)) for seed in (0, 0, 1, 2, 3, 4)]
    assert hot[0] == hot[1]
    assert len(set(hot)) > 1
    assert all(subtask.text for subtask in hot)


def test_greedy_is_the_limit_of_sampling(policy):
    assert said(policy, GREEDY) == said(policy, replace(GREEDY, temperature=1e-4, seed=7))


def test_decoding_ends_with_the_steps_it_is_given(policy):
    subtask = said(policy, replace(GREEDY, max_decoding_steps=2))
    assert len(subtask.tokens) <= 2
    assert subtask.text == spell(subtask.tokens, WORDS)


def test_gives_way_after_each_camera_and_before_each_word(policy):
    ways = []
    subtask = policy.subtask(h.observation(), GREEDY, lambda: ways.append(1))
    stopped_early = len(subtask.tokens) < 4
    assert len(ways) == len(h.CAMERAS) + len(subtask.tokens) + stopped_early


def test_actions_follow_from_the_subtask_in_place_of_the_prompt(policy):
    def actions(**told):
        return policy.infer(replace(h.observation(), **told), NO_PREFIX, 0).actions
    assert np.array_equal(actions(subtask='go left'), actions(prompt='go left'))
    assert not np.array_equal(actions(subtask='go left'), actions(subtask='go right'))


def test_subtask_follows_from_the_prompt_and_not_from_the_subtask_before(policy):
    before = replace(h.observation(), subtask='go left')
    assert policy.subtask(before, GREEDY, lambda: None) == said(policy, GREEDY)


def test_training_teaches_which_step_comes_next(tmp_path):
    torch.set_num_threads(1)
    data = Demonstrations(h.CAMERAS, 24, 1024)
    data.add(h.write_demonstrations(tmp_path, episodes=4, sided=True))
    words = vocabulary(data.subtasks)
    assert words == ('go', 'left', 'right')
    model = h.model(vocabulary=words, subtask_words=4)
    data.speak(words, 4)
    trainer = Trainer(model, h.statistics(), TrainingParams(
        batch=16, warmup=5, steps=120, shift=0, learning_rate=2e-3, subtask_weight=1.0))
    losses = [trainer.step(data)['subtask'] for _ in range(120)]
    assert np.mean(losses[-10:]) < 0.1 * np.mean(losses[:5])


def test_new_words_on_the_way_are_refused_by_file(tmp_path):
    data = Demonstrations(h.CAMERAS, 24, 1024)
    data.add(h.write_demonstrations(tmp_path, episodes=1, sided=True))
    data.speak(vocabulary(data.subtasks), 4)
    h.write_demonstrations(tmp_path / 'more', episodes=1, subtask=np.full(6, 'go up'))
    with pytest.raises(DatasetError, match=r"000\.npz: subtask 'go up' has the new word 'up'"):
        data.add(tmp_path / 'more')


def test_command_trains_both_levels_and_goes_on(tmp_path):
    h.write_demonstrations(tmp_path / 'data', episodes=2, sided=True)
    arguments = ['--data', str(tmp_path / 'data'), '--out', str(tmp_path / 'out'), '--batch', '4',
                 '--threads', '1', '--max-prefix', '4', '--device', 'cpu', '--subtasks']
    assert main([*arguments, '--steps', '2']) == 0
    assert main([*arguments, '--steps', '3', '--resume']) == 0
    policy = create(h.config(tmp_path / 'out'))
    assert said(policy, GREEDY).text
