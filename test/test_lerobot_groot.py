"""GR00T N1.5 as a checkpoint of the lerobot policy: LeRobot 0.4's classes, small random weights."""

import json
import shutil

import lerobot_groot as g
import lerobot_helpers as h
import numpy as np
import pytest

from policy_node.conformance import PolicyConformance
from policy_node.policies.lerobot import Params, create, describe
from policy_node.policy import PolicyError

pytestmark = [pytest.mark.filterwarnings('ignore'), pytest.mark.skipif(
    not g.parts(), reason='GR00T N1.5 needs LeRobot 0.4 with peft, dm-tree and diffusers')]


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    with g.without_flash_attention():
        yield g.groot(tmp_path_factory.mktemp('groot') / 'pretrained_model')


def words(checkpoint):
    return str(checkpoint.with_name('eagle'))


def test_chunk_is_to_the_bit_what_lerobot_makes(checkpoint):
    seen = h.observation(7)
    peer = h.Peer(checkpoint, 'groot')
    for step in peer.before.steps:
        if hasattr(step, 'tokenizer_assets_repo'):      # LeRobot does not save it
            step.tokenizer_assets_repo = words(checkpoint)
    ours = create(h.config(checkpoint)).infer(seen, h.NOTHING, 0.0).actions
    assert np.array_equal(ours.astype(np.float32), peer.chunk(seen))
    assert np.ptp(ours, axis=1).any(), 'the columns of this checkpoint do not differ'


@pytest.mark.parametrize('other', [
    {'prompt': 'open the drawer'}, {'front': h.image(99)}, {'wrist': h.image(99)},
    {'state': np.zeros(4)}], ids=lambda other: next(iter(other)))
def test_everything_that_is_seen_and_told_matters(other, checkpoint):
    policy = create(h.config(checkpoint))
    plain, changed = (policy.infer(seen, h.NOTHING, 0.0).actions
                      for seen in (h.observation(7), h.observation(7, **other)))
    assert np.abs(plain - changed).max() > 1e-3


def test_description_tells_the_rows_that_its_base_model_makes(checkpoint, tmp_path):
    folder = changed(checkpoint, tmp_path, chunk_size=8)
    found = describe(h.config(folder))
    assert (found.horizon, found.columns, found.batches) == (16, len(h.NAMES), False)


def test_machine_without_its_kernels_is_told(checkpoint, monkeypatch):
    from transformers import PreTrainedModel

    def lacking(self, *arguments, **named):
        raise ImportError('FlashAttention2 ..., see https://huggingface.co/docs')

    monkeypatch.setattr(PreTrainedModel, '_check_and_adjust_attn_implementation', lacking)
    with pytest.raises(PolicyError, match='FlashAttention2.* NVIDIA GPU.* policy gr00t'):
        create(h.config(checkpoint))


@pytest.mark.parametrize('base, remedy', [
    ('/nowhere/at/all', 'put the right one in config.json'),
    ('nvidia/GR00T-N1.5-3B', 'fetches base_model_path.*connect once')])
def test_base_model_that_is_not_here_is_told(base, remedy, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)
    folder = changed(checkpoint, tmp_path, base_model_path=base)
    with pytest.raises(PolicyError, match=remedy):
        create(h.config(folder))


def changed(checkpoint, tmp_path, **values):
    folder = shutil.copytree(checkpoint, tmp_path / 'pretrained_model')
    described = json.loads((folder / 'config.json').read_text())
    (folder / 'config.json').write_text(json.dumps(described | values))
    return folder


class TestGroot(PolicyConformance):
    @pytest.fixture(autouse=True)
    def _checkpoint(self, checkpoint):
        self.checkpoint = checkpoint

    def config(self):
        return h.config(self.checkpoint, params=Params(tokenizer=words(self.checkpoint)))
