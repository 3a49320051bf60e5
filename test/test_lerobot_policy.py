"""The lerobot policy against LeRobot itself, with checkpoints that LeRobot saved."""

import json
import shutil
from dataclasses import replace

import lerobot_helpers as h
import numpy as np
import pytest

from policy_node.conformance import PolicyConformance
from policy_node.policies.lerobot import Params, create
from policy_node.policy import BatchPolicy, PolicyError, Query

pytestmark = [h.needs_lerobot, pytest.mark.filterwarnings('ignore')]
KINDS = tuple(h.MAKERS)
RENAMES = {'tdmpc': ('front=observation.image',)}
TIMESTEP = 7


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """Folder of a kind, made once."""
    import torch
    torch.set_num_threads(1)    # such small models only wait for each other's threads
    made = {}

    def get(kind):
        if kind not in made:
            made[kind] = h.MAKERS[kind](tmp_path_factory.mktemp(kind) / 'pretrained_model')
        return made[kind]
    return get


def config(folder, kind, **changes):
    params = Params(rename_map=RENAMES.get(kind, ()), **changes)
    return h.config(folder, h.ROWS[kind], params=params)


@pytest.mark.parametrize('kind', KINDS)
def test_chunk_is_to_the_bit_what_lerobot_makes(kind, checkpoint):
    seen = h.observation(TIMESTEP)
    theirs = h.Peer(checkpoint(kind), kind).chunk(seen)[:h.ROWS[kind]]
    ours = create(config(checkpoint(kind), kind)).infer(seen, h.NOTHING, 0.0).actions
    assert len(ours) == h.ROWS[kind]
    assert np.array_equal(ours[:len(theirs)].astype(np.float32), theirs)
    assert np.ptp(ours, axis=1).any(), 'the columns of this checkpoint do not differ'


@pytest.mark.parametrize('kind', ['diffusion', 'vqbet'])
def test_consecutive_steps_are_seen_together_as_lerobot_does(kind, checkpoint):
    policy, peer = create(config(checkpoint(kind), kind)), h.Peer(checkpoint(kind), kind)
    peer.policy.reset()
    for timestep in range(4):
        seen = h.observation(timestep)
        theirs = peer.chunk(seen)
        ours = policy.infer(seen, h.NOTHING, 0.0).actions
        assert np.array_equal(ours[:len(theirs)].astype(np.float32), theirs)
    alone = policy.infer(replace(h.observation(3), session_id='another'), h.NOTHING, 0.0).actions
    assert not np.array_equal(ours, alone), 'what was seen before has no effect'


def test_more_rows_than_a_model_makes_are_refused(checkpoint):
    with pytest.raises(PolicyError, match='answers 20 rows, actions_per_chunk is 21'):
        create(h.config(checkpoint('act'), 21))


def test_feature_gets_the_key_that_rename_map_says(checkpoint):
    swapped = ('wrist=observation.images.front', 'front=observation.images.wrist')
    seen = h.observation()
    other = h.observation(front=seen.features['wrist'], wrist=seen.features['front'])
    plain = create(h.config(checkpoint('act'))).infer(other, h.NOTHING, 0.0)
    renamed = create(h.config(checkpoint('act'), params=Params(rename_map=swapped))
                     ).infer(seen, h.NOTHING, 0.0)
    assert np.array_equal(plain.actions, renamed.actions)


def test_image_of_another_size_is_refused_or_resized(checkpoint):
    seen = h.observation(front=h.image(0, 48))
    with pytest.raises(PolicyError, match="'front' is 48x48 px.* 64x64.*lerobot.resize"):
        create(h.config(checkpoint('act'))).infer(seen, h.NOTHING, 0.0)
    made = create(h.config(checkpoint('act'), params=Params(resize=True))
                  ).infer(seen, h.NOTHING, 0.0)
    assert np.isfinite(made.actions).all()


def test_checkpoint_fine_tuned_on_a_robot_with_another_state_is_used(tmp_path):
    folder = h.smolvla(tmp_path / 'pretrained_model', state=6)      # config.json still says 4
    given = {**h.FEATURES, 'state': 6}
    policy = create(h.config(folder, features=given))
    seen = h.observation(state=np.linspace(-1, 1, 6))
    assert np.array_equal(policy.infer(seen, h.NOTHING, 0.0).actions.astype(np.float32),
                          h.Peer(folder, 'smolvla').chunk(seen)[:16])


def test_instruction_matters_to_a_language_model(checkpoint):
    policy = create(h.config(checkpoint('smolvla')))
    one, other = (policy.infer(h.observation(prompt=p), h.NOTHING, 0.0).actions
                  for p in ('pick up', 'the soup'))
    assert not np.array_equal(one, other)


def test_rtc_is_lerobots_with_the_queued_rows_normalised(checkpoint):
    import torch
    from lerobot.policies.rtc.configuration_rtc import RTCConfig
    seen, prefix = h.observation(TIMESTEP), np.random.default_rng(0).uniform(-1, 1, (9, 4))
    policy = create(config(checkpoint('smolvla'), 'smolvla', rtc=True, rtc_execution_horizon=8))
    ours = policy.infer(seen, prefix, 2.3)
    assert ours.frozen_rows == 3
    assert np.array_equal(ours.actions[:3], prefix[:3])
    peer = h.Peer(checkpoint('smolvla'), 'smolvla')
    peer.policy.config.rtc_config = RTCConfig(enabled=True)
    peer.policy.init_rtc_processor()
    batch = peer.begin(seen)
    action = h.statistics()['action']
    left = (torch.from_numpy(prefix.astype(np.float32))[None] - action['mean']) \
        / (action['std'] + 1e-8)
    with torch.no_grad():
        theirs = peer.finished(peer.policy.predict_action_chunk(
            batch, prev_chunk_left_over=left, inference_delay=3, execution_horizon=8))
    assert np.array_equal(ours.actions[3:].astype(np.float32), theirs[3:16])
    free = policy.infer(seen, h.NOTHING, 2.3)
    assert free.frozen_rows == 0
    assert not np.array_equal(free.actions[3:], ours.actions[3:])


def test_rtc_of_a_policy_without_it_is_refused(checkpoint):
    with pytest.raises(PolicyError, match='lerobot.rtc: policy type act has no RTC'):
        create(config(checkpoint('act'), 'act', rtc=True))


def test_other_numbers_to_compute_with_change_little(checkpoint):
    exact, short = (create(config(checkpoint('act'), 'act', dtype=dtype)).infer(
        h.observation(), h.NOTHING, 0.0).actions for dtype in ('', 'bfloat16'))
    assert not np.array_equal(exact, short)
    assert np.allclose(exact, short, atol=0.05)


def test_spoilt_weights_are_told(checkpoint, tmp_path):
    folder = shutil.copytree(checkpoint('act'), tmp_path / 'pretrained_model')
    (folder / 'model.safetensors').write_bytes(b'\x08\0\0\0\0\0\0\0 no JSON')
    with pytest.raises(PolicyError, match=f'checkpoint {folder} cannot be loaded: SafetensorError'):
        create(h.config(folder))


def test_checkpoint_that_another_lerobot_saved_is_told(checkpoint, tmp_path):
    folder = shutil.copytree(checkpoint('act'), tmp_path / 'pretrained_model')
    saved = json.loads((folder / 'config.json').read_text())
    (folder / 'config.json').write_text(json.dumps({**saved, 'not_yet_invented': 1}))
    with pytest.raises(PolicyError, match=r'not_yet_invented.*this one, \d+\.\d+\.\d+: install'):
        create(h.config(folder))


@pytest.mark.parametrize('device', ['gpu7', 'cuda:99'])
def test_device_that_is_not_there_is_told(checkpoint, device):
    with pytest.raises(PolicyError, match=f'device {device!r} cannot be used: '):
        create(h.config(checkpoint('act'), device=device))


@pytest.mark.parametrize('kind', ['act', 'smolvla'])
def test_several_robots_are_inferred_at_once(kind, checkpoint, monkeypatch):
    policy = create(config(checkpoint(kind), kind))
    seen = [h.observation(step, f'robot {step}') for step in range(3)]
    lacks = {name: value for name, value in seen[1].features.items() if name != 'wrist'}
    seen[1] = replace(seen[1], features=lacks)
    asked = count(policy, monkeypatch)
    first, refused, last = policy.infer_batch([Query(s, h.NOTHING, 0.0) for s in seen])
    assert asked == [2]
    assert isinstance(refused, PolicyError) and "'wrist' is missing" in str(refused)
    for one, alone in ((first, seen[0]), (last, seen[2])):
        made = policy.infer(alone, h.NOTHING, 0.0).actions
        assert np.allclose(one.actions, made, atol=1e-5)
    assert not np.allclose(first.actions, last.actions, atol=1e-3)


def test_robots_that_were_told_different_tasks_share_an_inference(checkpoint, monkeypatch):
    policy = create(config(checkpoint('smolvla'), 'smolvla'))
    queries = [Query(h.observation(step, f'robot {step}', prompt), h.NOTHING, 0.0)
               for step, prompt in enumerate(('pick up the soup', 'soup', 'the soup'))]
    asked = count(policy, monkeypatch)
    together = policy.infer_batch(queries)
    assert asked == [3]
    for query, one in zip(queries, together, strict=True):
        alone = policy.infer(query.observation, query.prefix, query.delay)
        assert np.allclose(one.actions, alone.actions, atol=1e-5)


def test_rtc_takes_robots_one_by_one(checkpoint):
    policy = create(config(checkpoint('smolvla'), 'smolvla', rtc=True))
    assert not isinstance(policy, BatchPolicy)


def count(policy, monkeypatch):
    """How many robots each inference was for."""
    asked, infer = [], policy.model.policy.predict_action_chunk

    def counted(batch, **arguments):
        asked.append(len(batch[h.STATE]))
        return infer(batch, **arguments)

    monkeypatch.setattr(policy.model.policy, 'predict_action_chunk', counted)
    return asked


class Conforms(PolicyConformance):
    kind = ''

    @pytest.fixture(autouse=True)
    def _checkpoint(self, checkpoint):
        self.checkpoint = checkpoint(self.kind)

    def config(self):
        return config(self.checkpoint, self.kind)

    def observation(self):
        return h.observation()


class TestAct(Conforms):
    kind = 'act'


class TestDiffusion(Conforms):
    kind = 'diffusion'


class TestVqbet(Conforms):
    kind = 'vqbet'


class TestTdmpc(Conforms):
    kind = 'tdmpc'


class TestSmolvlaRtc(Conforms):
    kind = 'smolvla'

    def config(self):
        return config(self.checkpoint, self.kind, rtc=True)
