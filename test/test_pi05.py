"""The pi05 policy against LeRobot itself, with small random weights that LeRobot saved."""

import shutil
from dataclasses import replace

import lerobot_helpers as h
import numpy as np
import pi_helpers as p
import pytest

from policy_node.conformance_subtasks import TwoLevelConformance
from policy_node.policies.lerobot import create as create_lerobot
from policy_node.policies.pi05 import create
from policy_node.policy import Decoding, PolicyError, SubtaskPolicy

pytestmark = [p.needs_pi, pytest.mark.filterwarnings('ignore')]
GREEDY = Decoding(max_decoding_steps=10, temperature=0.0)
HEAD = 'model.paligemma_with_expert.paligemma.lm_head.weight'
EOS, NEWLINE = 1, '\n'
STATEFUL = 'Task: {task}.; State: {state}; Subtask: '


@pytest.fixture(scope='module', autouse=True)
def _small():
    with p.small():
        yield


@pytest.fixture(scope='module')
def words(tmp_path_factory):
    return p.tokenizer(tmp_path_factory.mktemp('words'))


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory, words):
    return p.save('pi05', tmp_path_factory.mktemp('pi05') / 'pretrained_model', words)


@pytest.fixture(scope='module')
def policy(checkpoint, words):
    return create(p.config(checkpoint, words))


@pytest.fixture(scope='module')
def peer(checkpoint, words):
    return p.peer('pi05', checkpoint, words)


@pytest.fixture
def changed(checkpoint, tmp_path):
    """A copy of the checkpoint with other weights."""
    from safetensors.torch import load_file, save_file

    def make(change):
        folder = shutil.copytree(checkpoint, tmp_path / 'pretrained_model')
        weights = load_file(folder / 'model.safetensors')
        change(weights)
        save_file(weights, folder / 'model.safetensors')
        return folder
    return make


def nothing():
    """Nobody waits."""


def tokens(policy, decoding=GREEDY, give_way=nothing, **seen):
    return policy.subtask(h.observation(**seen), decoding, give_way).tokens


def token_of(words, text):
    from transformers import AutoTokenizer
    return AutoTokenizer.from_pretrained(words).convert_tokens_to_ids(text)


def without_cache(peer, words, prompt, steps, causal):
    """Greedy tokens, each from a pass over everything, with LeRobot's own prefix and masks."""
    import torch
    from lerobot.policies.common.vla_utils import make_att_2d_masks, prepare_attention_masks_4d
    from transformers import AutoTokenizer
    model = peer.policy.model
    known = AutoTokenizer.from_pretrained(words)
    asked = said = known(prompt, return_tensors='pt')['input_ids']
    images, there = peer.policy._preprocess_images(peer.batch(h.observation()))
    for _ in range(steps):
        with torch.no_grad():
            embedded, pads, blocks = model.embed_prefix(images, there, said,
                                                        torch.ones_like(said, dtype=torch.bool))
            blocks = blocks.clone()
            begins = blocks.shape[1] - said.shape[1]
            blocks[:, begins + (0 if causal else asked.shape[1]):] = True
            (made, _), _ = model.paligemma_with_expert.forward(
                attention_mask=prepare_attention_masks_4d(make_att_2d_masks(pads, blocks)),
                position_ids=torch.cumsum(pads, dim=1) - 1, past_key_values=None,
                inputs_embeds=[embedded, None], use_cache=False)
            scores = model.paligemma_with_expert.paligemma.lm_head(made[:, -1, :])
        said = torch.cat([said, scores[:, :len(known)].argmax(-1, keepdim=True)], dim=1)
    return tuple(said[0, asked.shape[1]:].tolist())


def test_tokens_are_those_of_decoding_without_a_cache(checkpoint, words, peer):
    expected = [without_cache(peer, words, 'Task: pick up the soup. Subtask: ', 10, causal)
                for causal in (True, False)]
    assert expected == [tokens(create(p.config(checkpoint, words, causal_prompt=causal)))
                        for causal in (True, False)]
    assert expected[0] != expected[1], 'these weights do not tell who sees whom'
    assert len(set(expected[0])) > 4, 'these weights say the same again and again'


def test_state_is_in_the_prompt_as_the_model_knows_it(checkpoint, words, peer):
    policy = create(p.config(checkpoint, words, subtask_prompt=STATEFUL))
    state = peer.batch(h.observation())['observation.state'][0].numpy()
    steps = [int((value + 1) * 128) for value in state]
    prompt = f'Task: pick up the soup.; State: {" ".join(map(str, steps))}; Subtask: '
    assert tokens(policy) == without_cache(peer, words, prompt, 10, causal=True)


def test_subtask_is_the_text_of_its_tokens(policy, words):
    from transformers import AutoTokenizer
    made = policy.subtask(h.observation(), GREEDY, nothing)
    text = AutoTokenizer.from_pretrained(words).decode(made.tokens, skip_special_tokens=True)
    assert made.text == text.strip().rstrip('.; ')
    assert isinstance(policy, SubtaskPolicy)


def test_what_is_seen_and_asked_matters(policy):
    plain = tokens(policy)
    assert tokens(policy, prompt='open the drawer') != plain
    assert tokens(policy, front=h.image(5)) != plain


def test_chance_depends_on_the_seed_alone(policy):
    import torch
    warm = replace(GREEDY, temperature=1.0)
    first = tokens(policy, warm)
    torch.manual_seed(99)
    assert tokens(policy, warm) == first
    assert len({tokens(policy, replace(warm, seed=seed)) for seed in range(4)}) > 1


def test_cold_is_greedy(policy):
    greedy = tokens(policy)
    assert tokens(policy, replace(GREEDY, seed=1)) == greedy
    assert tokens(policy, replace(GREEDY, temperature=1e-9, seed=2)) == greedy


@pytest.mark.parametrize('most', [1, 4])
def test_no_more_tokens_than_allowed(most, policy):
    assert tokens(policy, replace(GREEDY, max_decoding_steps=most)) == tokens(policy)[:most]


@pytest.mark.parametrize('end', [EOS, NEWLINE])
def test_text_ends_at_its_end_or_its_first_line(end, policy, words, changed):
    said = tokens(policy)
    last = next(i for i, token in enumerate(said) if i and token not in said[:i])
    row = end if end == EOS else token_of(words, end)

    def likelier(weights):      # than the token at `last`, wherever that is the likeliest
        weights[HEAD][row] = 1.001 * weights[HEAD][said[last]]

    assert tokens(create(p.config(changed(likelier), words))) == said[:last]


def test_answer_without_words_is_told(policy, words, changed):
    first = tokens(policy)[0]

    def silent(weights):
        weights[HEAD][EOS] = 1.001 * weights[HEAD][first]

    mute = create(p.config(changed(silent), words))
    with pytest.raises(PolicyError, match="answered '' to 'pick up the soup', which has no words"):
        mute.subtask(h.observation(), GREEDY, nothing)


def test_actions_may_be_inferred_between_two_tokens(policy):
    seen, alone, between = h.observation(timestep=3), tokens(policy), []
    expected = policy.infer(seen, h.NOTHING, 0.0).actions
    assert tokens(policy, give_way=lambda: between.append(
        policy.infer(seen, h.NOTHING, 0.0).actions)) == alone
    assert len(between) == len(alone) - 1
    assert all(np.array_equal(actions, expected) for actions in between)


def test_actions_for_a_subtask_are_to_the_bit_those_of_lerobot_for_it(policy, peer):
    seen = replace(h.observation(timestep=7), subtask='move to the table')
    theirs = peer.chunk(replace(seen, prompt='move to the table'))[:16]
    ours = policy.infer(seen, h.NOTHING, 0.0)
    assert np.array_equal(ours.actions.astype(np.float32), theirs)
    assert ours.subtask == 'move to the table'


def test_actions_are_for_the_prompt_until_there_is_a_subtask(policy, peer):
    seen = h.observation(timestep=7)
    ours = policy.infer(seen, h.NOTHING, 0.0)
    assert np.array_equal(ours.actions.astype(np.float32), peer.chunk(seen)[:16])
    assert ours.subtask == ''
    other = policy.infer(replace(seen, subtask='open the drawer'), h.NOTHING, 0.0)
    assert not np.array_equal(other.actions, ours.actions)


def test_other_numbers_to_compute_with(checkpoint, words):
    short = create(p.config(checkpoint, words, dtype='bfloat16'))
    assert len(tokens(short)) == GREEDY.max_decoding_steps


def test_instruction_that_is_too_long_is_refused(policy):
    with pytest.raises(PolicyError, match='tokens, the checkpoint takes 96; shorten it'):
        tokens(policy, prompt='pick up the soup ' * 30)


def test_missing_feature_is_named(policy):
    seen = h.observation()
    rest = {name: value for name, value in seen.features.items() if name != 'wrist'}
    with pytest.raises(PolicyError, match='wrist'):
        policy.subtask(replace(seen, features=rest), GREEDY, nothing)


def test_checkpoint_without_language_head_has_actions_only(changed, words):
    folder = changed(lambda weights: weights.pop(HEAD))
    with pytest.raises(PolicyError, match=f'has no {HEAD}.*use policy lerobot'):
        create(p.config(folder, words))
    alone = create_lerobot(h.config(folder, params=p.Params(tokenizer=str(words))))
    assert np.isfinite(alone.infer(h.observation(), h.NOTHING, 0.0).actions).all()


def test_checkpoint_without_some_weight_is_refused(changed, words):
    name = 'model.action_in_proj.weight'
    with pytest.raises(PolicyError, match=f'lacks 1 weights of a pi05, such as {name}'):
        create(p.config(changed(lambda weights: weights.pop(name)), words))


class TestPi05(TwoLevelConformance):
    two_subtasks = ('open the drawer', 'move to the table')

    @pytest.fixture(autouse=True)
    def _checkpoint(self, checkpoint, words):
        self.checkpoint, self.words = checkpoint, words

    def config(self):
        return p.config(self.checkpoint, self.words, rtc=True)

    def observation(self):
        return h.observation()
