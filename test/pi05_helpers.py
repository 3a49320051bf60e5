"""A pi0.5 of a few thousand random weights with a tokenizer of its own; LeRobot's classes as they
are, but for the sizes, which LeRobot knows only as gemma_2b and gemma_300m."""

import importlib.util
from functools import partial
from pathlib import Path

import lerobot_helpers as h
import pytest

from policy_node.policies.pi05.parameters import Params

HUB = 'google/paligemma-3b-pt-224'
"""The tokenizer that a real checkpoint names."""
WIDTHS = {'gemma_2b': 32, 'gemma_300m': 16}
PIXELS, PATCH = 56, 14
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


def shrink(patch):
    """Make LeRobot build small models, also when it loads them."""
    from lerobot.policies.pi05 import modeling_pi05 as pi05
    paligemma, gemma = pi05.PaliGemmaForConditionalGenerationWithPiGemma, pi05.PiGemmaForCausalLM

    def small_paligemma(config):
        config.text_config.vocab_size = 256
        for name, size in {'hidden_size': 16, 'intermediate_size': 32, 'num_hidden_layers': 1,
                           'num_attention_heads': 2, 'patch_size': PATCH,
                           'projection_dim': WIDTHS['gemma_2b']}.items():
            setattr(config.vision_config, name, size)
        return paligemma(config)

    def small_gemma(config):
        config.vocab_size = 256
        return gemma(config)

    patch.setattr(pi05, 'get_gemma_config', lambda variant: pi05.GemmaConfig(
        WIDTHS[variant], depth=2, mlp_dim=32, num_heads=8, num_kv_heads=1, head_dim=8))
    patch.setattr(pi05, 'PaliGemmaForConditionalGenerationWithPiGemma', small_paligemma)
    patch.setattr(pi05, 'PiGemmaForCausalLM', small_gemma)


def pi05(folder: Path, words: Path):
    """Save a checkpoint that names the tokenizer of the hub, as real ones do."""
    import torch
    from lerobot.policies.pi05 import processor_pi05 as steps
    from lerobot.policies.pi05.configuration_pi05 import PI05Config
    from lerobot.policies.pi05.modeling_pi05 import PI05Policy
    torch.manual_seed(0)
    policy = PI05Policy(PI05Config(
        input_features=h.inputs(), output_features=h.outputs(), device='cpu', chunk_size=20,
        n_action_steps=20, max_state_dim=8, max_action_dim=8, image_resolution=(PIXELS, PIXELS),
        num_inference_steps=3, tokenizer_max_length=96, empty_cameras=1)).eval()
    with torch.no_grad():   # of such size that each token and each column tells
        for name, weights in policy.named_parameters():
            if weights.ndim > 1 and 'vision_tower' not in name:
                weights.normal_(std=weights.shape[-1] ** -0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, 'TokenizerProcessorStep', partial(_local, steps, str(words)))
        h.save(policy, folder, stats=statistics())
    saved = folder / 'policy_preprocessor.json'
    saved.write_text(saved.read_text().replace(str(words), HUB))
    return folder


def _local(steps, words, tokenizer_name, **arguments):
    from lerobot.processor import TokenizerProcessorStep
    return TokenizerProcessorStep(tokenizer_name=words, **arguments)


def statistics():
    """With the quantiles by which pi0.5 normalises."""
    made = h.statistics()
    for key in (h.STATE, 'action'):
        made[key] |= {'q01': made[key]['min'], 'q99': made[key]['max']}
    return made


def config(checkpoint, words, **changes):
    return h.config(checkpoint, policy='pi05', params=Params(tokenizer=str(words), **changes))
