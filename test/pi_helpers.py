"""A pi0 and a pi0.5 of a few thousand random weights with a tokenizer of their own: LeRobot's
classes as they are, but for the sizes, which LeRobot knows only as gemma_2b and gemma_300m."""

import importlib.util
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import lerobot_helpers as h
import pytest

from policy_node.policies.pi05.parameters import Params

KINDS = ('pi0', 'pi05')
HUB = 'google/paligemma-3b-pt-224'
"""The tokenizer that a real checkpoint names."""
WIDTHS = {'gemma_2b': 32, 'gemma_300m': 16}
PIXELS, PATCH, IDS = 56, 14, 256
SPECIAL = ['<pad>', '<eos>', '<bos>', '<unk>']
TEXTS = ('Task: pick up the soup. Subtask: move to the table; Action: ',
         'Task: put it into the basket, State: 0 1 2 3 4 5 6 7 8 9 255 127; Action: ',
         'open the gripper and close it again above the left drawer')


def has_pi():
    """Whether LeRobot can run pi0.5; not asked of LeRobot, whose import takes a minute."""
    found = importlib.util.find_spec('lerobot')
    return bool(found and Path(found.origin).with_name('policies').joinpath('pi_gemma.py').exists())


needs_pi = pytest.mark.skipif(not has_pi(), reason='LeRobot 0.6 is not installed in this Python')


def tokenizer(folder):
    """Byte pairs of a few sentences, with the special tokens of PaliGemma at its ids."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors, trainers
    from transformers import PreTrainedTokenizerFast
    words = Tokenizer(models.BPE(unk_token='<unk>'))
    words.normalizer = normalizers.Replace(' ', '▁')
    words.decoder = decoders.Replace('▁', ' ')
    words.train_from_iterator(TEXTS, trainers.BpeTrainer(
        vocab_size=200, special_tokens=SPECIAL, show_progress=False))
    words.add_tokens(['\n'])
    words.post_processor = processors.TemplateProcessing(
        single='<bos> $A', special_tokens=[('<bos>', 2)])
    PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token='<pad>', eos_token='<eos>', bos_token='<bos>',
        unk_token='<unk>').save_pretrained(folder)
    return folder


@contextmanager
def small():
    """Make LeRobot build small models, also when it loads them."""
    import torch
    torch.set_num_threads(1)    # such small models only wait for each other's threads
    with pytest.MonkeyPatch.context() as patch:
        for kind in KINDS:
            _shrink(patch, import_module(f'lerobot.policies.{kind}.modeling_{kind}'))
        yield


def _shrink(patch, module):
    paligemma = module.PaliGemmaForConditionalGenerationWithPiGemma
    gemma = module.PiGemmaForCausalLM

    def small_paligemma(config):
        config.text_config.vocab_size = IDS
        for name, size in {'hidden_size': 16, 'intermediate_size': 32, 'num_hidden_layers': 1,
                           'num_attention_heads': 2, 'patch_size': PATCH,
                           'projection_dim': WIDTHS['gemma_2b']}.items():
            setattr(config.vision_config, name, size)
        return paligemma(config)

    def small_gemma(config):
        config.vocab_size = IDS
        return gemma(config)

    patch.setattr(module, 'get_gemma_config', lambda variant: module.GemmaConfig(
        WIDTHS[variant], depth=2, mlp_dim=32, num_heads=8, num_kv_heads=1, head_dim=8))
    patch.setattr(module, 'PaliGemmaForConditionalGenerationWithPiGemma', small_paligemma)
    patch.setattr(module, 'PiGemmaForCausalLM', small_gemma)


def save(kind: str, folder: Path, words: Path):
    """Save a checkpoint that names the tokenizer of the hub, as real ones do."""
    import torch
    from lerobot.policies.factory import get_policy_class, make_policy_config
    from lerobot.processor import TokenizerProcessorStep
    torch.manual_seed(0)
    policy = get_policy_class(kind)(make_policy_config(
        kind, input_features=h.inputs(), output_features=h.outputs(), device='cpu', chunk_size=20,
        n_action_steps=20, max_state_dim=8, max_action_dim=8, image_resolution=(PIXELS, PIXELS),
        num_inference_steps=3, tokenizer_max_length=96, empty_cameras=1)).eval()
    with torch.no_grad():   # of such size that each token, each column and each mask tells
        for name, weights in policy.named_parameters():
            if weights.ndim > 1 and 'vision_tower' not in name:
                gain = 2.0 if 'self_attn' in name else 1.0
                weights.normal_(std=gain * weights.shape[-1] ** -0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module(f'lerobot.policies.{kind}.processor_{kind}'),
                      'TokenizerProcessorStep', lambda tokenizer_name, **arguments:
                      TokenizerProcessorStep(tokenizer_name=str(words), **arguments))
        h.save(policy, folder, stats=statistics())
    saved = folder / 'policy_preprocessor.json'
    saved.write_text(saved.read_text().replace(str(words), HUB))
    return folder


def statistics():
    """With the quantiles by which pi0.5 normalises."""
    made = h.statistics()
    for key in (h.STATE, 'action'):
        made[key] |= {'q01': made[key]['min'], 'q99': made[key]['max']}
    return made


def peer(kind, folder, words):
    return h.Peer(folder, kind, tokenizer_processor={'tokenizer_name': str(words)})


def config(checkpoint, words, **changes):
    return h.config(checkpoint, policy='pi05', params=Params(tokenizer=str(words), **changes))
