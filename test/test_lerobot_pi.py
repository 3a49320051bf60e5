"""pi0 and pi0.5 as checkpoints of the lerobot policy, with small random weights."""

import json
import shutil
import sys

import lerobot_helpers as h
import numpy as np
import pi_helpers as p
import pytest

from policy_node.conformance import PolicyConformance
from policy_node.policies.lerobot import Params, create
from policy_node.policy import PolicyError, Query

pytestmark = pytest.mark.filterwarnings('ignore')


@pytest.fixture(scope='module')
def words(tmp_path_factory):
    return p.tokenizer(tmp_path_factory.mktemp('words'))


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory, words):
    with p.small():
        folders = {kind: p.save(kind, tmp_path_factory.mktemp(kind) / 'pretrained_model', words)
                   for kind in p.KINDS}
        yield folders.get


def config(folder, words, **changes):
    return h.config(folder, params=Params(tokenizer=str(words), **changes))


@p.needs_pi
@pytest.mark.parametrize('kind', p.KINDS)
def test_chunk_is_to_the_bit_what_lerobot_makes(kind, checkpoint, words):
    seen = h.observation(7)
    theirs = p.peer(kind, checkpoint(kind), words).chunk(seen)[:16]
    ours = create(config(checkpoint(kind), words)).infer(seen, h.NOTHING, 0.0).actions
    assert np.array_equal(ours.astype(np.float32), theirs)
    assert np.ptp(ours, axis=1).any(), 'the columns of this checkpoint do not differ'


@p.needs_pi
@pytest.mark.parametrize('kind', p.KINDS)
def test_several_robots_are_inferred_at_once(kind, checkpoint, words):
    policy = create(config(checkpoint(kind), words))
    queries = [Query(h.observation(step, f'robot {step}', prompt), h.NOTHING, 0.0)
               for step, prompt in enumerate(('pick up the soup', 'soup', 'the soup'))]
    for query, one in zip(queries, policy.infer_batch(queries), strict=True):
        alone = policy.infer(query.observation, query.prefix, query.delay)
        assert np.allclose(one.actions, alone.actions, atol=1e-5)


@p.needs_pi
@pytest.mark.parametrize('kind', p.KINDS)
def test_weights_that_lerobot_would_go_on_without_are_told(kind, checkpoint, words, tmp_path):
    folder = shutil.copytree(checkpoint(kind), tmp_path / 'pretrained_model')
    (folder / 'model.safetensors').write_bytes(b'\x08\0\0\0\0\0\0\0 no JSON')
    with pytest.raises(PolicyError, match=f'checkpoint {folder} cannot be loaded: SafetensorError'):
        create(config(folder, words))


@h.needs_lerobot
@pytest.mark.skipif(p.has_pi(), reason='this LeRobot runs pi0.5')
@pytest.mark.parametrize('kind', p.KINDS)
@pytest.mark.parametrize('transformers', ['its own', 'none'])
def test_lerobot_that_cannot_run_it_is_told_before_loading(kind, transformers, tmp_path,
                                                           monkeypatch):
    import policy_node.policies.lerobot.adapter  # noqa: F401  # while transformers are there
    if transformers == 'none':
        monkeypatch.setitem(sys.modules, 'transformers', None)
    images = {key: {'type': 'VISUAL', 'shape': [3, 64, 64]} for key in h.IMAGES}
    (tmp_path / 'config.json').write_text(json.dumps({
        'type': kind, 'input_features': images,
        'output_features': {'action': {'type': 'ACTION', 'shape': [len(h.NAMES)]}}}))
    for name in ('policy_preprocessor.json', 'policy_postprocessor.json'):
        (tmp_path / name).write_text('{"steps": []}')
    with pytest.raises(PolicyError, match=f'LeRobot 0.4 runs {kind} only with.* LeRobot 0.6 on'):
        create(h.config(tmp_path))


@p.needs_pi
class TestPi0(PolicyConformance):
    @pytest.fixture(autouse=True)
    def _checkpoint(self, checkpoint, words):
        self.checkpoint, self.words = checkpoint('pi0'), words

    def config(self):
        return config(self.checkpoint, self.words, rtc=True)

    def observation(self):
        return h.observation()
