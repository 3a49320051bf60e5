"""A checkpoint comes back as it was saved, and a bad one is refused before anything moves."""

import pytest
import reference_helpers as h
import torch
from safetensors.torch import load_file, save_file

from policy_node.policies.reference.checkpoint import FILE, load, save
from policy_node.policies.reference.text import tokenize
from policy_node.policy import PolicyError


@pytest.fixture
def folder(tmp_path):
    save(tmp_path, h.awake(h.model()), h.statistics())
    return tmp_path


def rewrite(folder, change, metadata=True):
    """Save the file anew with its tensors changed."""
    from safetensors import safe_open
    with safe_open(folder / FILE, framework='pt') as opened:
        kept = opened.metadata()
    tensors = load_file(folder / FILE)
    save_file(change(tensors), folder / FILE, metadata=kept if metadata else None)


def test_round_trip_keeps_outputs_to_half_precision(folder):
    before, (after, statistics) = h.awake(h.model()), load(folder, 'cpu')
    images = {name: torch.rand(1, 3, h.SIZE, h.SIZE) for name in h.CAMERAS}
    words = torch.from_numpy(tokenize('pick up', 24, 1024))[None]
    context = [m.context([m.see(images[name], name) for name in h.CAMERAS],
                         torch.ones(1, h.STATE), words) for m in (before, after)]
    rows, time = torch.ones(1, h.HORIZON, 7), torch.full((1, h.HORIZON), 0.3)
    outputs = [m.velocity(rows, time, m.keys(tokens), mask)
               for m, (tokens, mask) in zip((before, after), context, strict=True)]
    assert after.config == before.config
    assert torch.allclose(*outputs, atol=1e-2)
    assert outputs[0].abs().max() > 0.1
    for name, value in h.statistics().tensors().items():
        assert torch.equal(statistics.tensors()[name], value)


@pytest.mark.parametrize(('damage', 'words'), [
    (lambda f: (f / FILE).unlink(), 'is no folder with model.safetensors'),
    (lambda f: (f / FILE).write_bytes((f / FILE).read_bytes()[:5000]), 'damaged'),
    (lambda f: (f / FILE).write_bytes(b''), 'damaged'),
    (lambda f: rewrite(f, lambda t: t, metadata=False), "metadata lacks 'segue.reference'"),
    (lambda f: rewrite(f, lambda t: {k: v for k, v in t.items() if 'state_std' not in k}),
     "lacks the statistics 'state_std'"),
    (lambda f: rewrite(f, lambda t: {**t, 'statistics.action_mean': torch.zeros(3)}),
     'action_mean must be 7 finite numbers'),
    (lambda f: rewrite(f, lambda t: {**t, 'statistics.state_mean': torch.full((11,), torch.nan)}),
     'state_mean must be 11 finite numbers'),
    (lambda f: rewrite(f, lambda t: {k: v for k, v in t.items() if 'rows_out.bias' not in k}),
     'does not fit its own configuration'),
    (lambda f: rewrite(f, lambda t: {**t, 'model.rows_out.bias': torch.zeros(3)}),
     'does not fit its own configuration'),
])
def test_bad_file_is_refused_with_its_name_and_the_reason(folder, damage, words):
    damage(folder)
    with pytest.raises(PolicyError, match=words) as caught:
        load(folder, 'cpu')
    assert str(folder) in str(caught.value)


def test_device_that_is_not_there_is_refused(folder):
    with pytest.raises(PolicyError, match="device 'nonsense' cannot be used"):
        load(folder, 'nonsense')


@pytest.mark.parametrize('text', ['[]', '{"cameras": 3}', 'no json'])
def test_configuration_that_is_none_is_refused(text):
    from policy_node.policies.reference.config import ModelConfig
    with pytest.raises(PolicyError, match='not the configuration of a reference model'):
        ModelConfig.from_json(text, 'file')
