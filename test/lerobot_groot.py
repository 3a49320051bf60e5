"""A GR00T N1.5 of LeRobot 0.4 with a handful of weights, none of them from the model hub."""

import json
from contextlib import contextmanager

import lerobot_helpers as h

TILE, PATCH = 56, 14
WIDE = 2048
"""Width of the language model that LeRobot's projection counts on."""
CHUNK = 16
IMAGE_TOKEN = '<IMG_CONTEXT>'


def parts():
    """What it needs besides LeRobot itself."""
    import importlib.util
    names = ('lerobot.policies.groot.groot_n1', 'tree', 'peft', 'diffusers')
    try:
        return all(importlib.util.find_spec(name) for name in names)
    except ModuleNotFoundError:
        return False


@contextmanager
def without_flash_attention():
    """LeRobot asks for kernels that only a GPU has; transformers' plain ones take their place."""
    from transformers import PreTrainedModel
    checked = PreTrainedModel._check_and_adjust_attn_implementation

    def plain(self, wanted, *arguments, **named):
        return checked(self, 'eager' if wanted == 'flash_attention_2' else wanted,
                       *arguments, **named)

    PreTrainedModel._check_and_adjust_attn_implementation = plain
    try:
        yield
    finally:
        PreTrainedModel._check_and_adjust_attn_implementation = checked


def assets(folder):
    """The files that LeRobot would fetch: tokenizer, configuration of the vision-language model."""
    from tokenizers.pre_tokenizers import ByteLevel
    folder.mkdir(parents=True)
    special = ('<|endoftext|>', '<|im_start|>', '<|im_end|>', '<img>', '</img>', IMAGE_TOKEN)
    letters = sorted(ByteLevel.alphabet())
    number = {name: len(letters) + i for i, name in enumerate(special)}
    files = {
        'vocab.json': {letter: i for i, letter in enumerate(letters)},
        'added_tokens.json': number,
        'special_tokens_map.json': {'eos_token': '<|im_end|>', 'pad_token': '<|endoftext|>'},
        'tokenizer_config.json': {
            'tokenizer_class': 'Qwen2Tokenizer', 'eos_token': '<|im_end|>',
            'pad_token': '<|endoftext|>', 'model_max_length': 1024, 'added_tokens_decoder': {
                str(n): {'content': name, 'special': True} for name, n in number.items()}},
        'chat_template.json': {'chat_template': (
            '{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}'
            "{% if c.type == 'image' %}<image-{{ loop.index }}>{% else %}{{ c.text }}{% endif %}"
            '{% endfor %}<|im_end|>\n{% endfor %}')},
        'generation_config.json': {},
        'preprocessor_config.json': {
            'auto_map': {'AutoImageProcessor':
                         'image_processing_eagle2_5_vl_fast.Eagle25VLImageProcessorFast',
                         'AutoProcessor': 'processing_eagle2_5_vl.Eagle25VLProcessor'},
            'image_processor_type': 'Eagle25VLImageProcessorFast',
            'processor_class': 'Eagle25VLProcessor', 'do_resize': False, 'do_normalize': True,
            'do_rescale': True, 'rescale_factor': 1 / 255, 'do_convert_rgb': True,
            'image_mean': [0.5] * 3, 'image_std': [0.5] * 3, 'data_format': 'channels_first',
            'size': {'height': TILE, 'width': TILE}, 'tokens_per_tile': 4,
            'min_dynamic_tiles': 1, 'max_dynamic_tiles': 1, 'use_thumbnail': False,
            'pad_during_tiling': False},
        'processor_config.json': {
            'auto_map': {'AutoProcessor': 'processing_eagle2_5_vl.Eagle25VLProcessor'},
            'processor_class': 'Eagle25VLProcessor', 'image_token': IMAGE_TOKEN,
            'tokens_per_tile': 4},
        'config.json': {
            'model_type': 'eagle_2_5_vl',
            'auto_map': {
                'AutoConfig': 'configuration_eagle2_5_vl.Eagle25VLConfig',
                'AutoModel': 'modeling_eagle2_5_vl.Eagle25VLForConditionalGeneration'},
            'force_image_size': TILE, 'image_token_index': number[IMAGE_TOKEN],
            'select_layer': -1, 'use_pixel_shuffle': True, 'mlp_connector_layers': 1,
            'vision_config': {
                'model_type': 'siglip_vision_model', 'hidden_size': 16, 'intermediate_size': 16,
                'num_hidden_layers': 1, 'num_attention_heads': 2, 'image_size': TILE,
                'patch_size': PATCH},
            'text_config': {
                'architectures': ['Qwen3ForCausalLM'], 'model_type': 'qwen3', 'head_dim': 8,
                'hidden_size': WIDE, 'intermediate_size': 16, 'num_hidden_layers': 1,
                'num_attention_heads': 2, 'num_key_value_heads': 1,
                'vocab_size': len(letters) + len(special), 'tie_word_embeddings': True}}}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    (folder / 'merges.txt').write_text('#version: 0.2\n')
    return folder


def base(folder, tokenizer):
    """The base model that every checkpoint names, with random weights."""
    import torch
    from lerobot.policies.groot.groot_n1 import GR00TN15, GR00TN15Config
    attention = {'num_attention_heads': 2, 'attention_head_dim': 8, 'num_layers': 1, 'dropout': 0.0,
                 'final_dropout': False}
    model = GR00TN15(GR00TN15Config(
        action_horizon=CHUNK, action_dim=32, compute_dtype='float32',
        backbone_cfg={'select_layer': 1, 'tokenizer_assets_repo': str(tokenizer),
                      'project_to_dim': 16},
        action_head_cfg={
            'action_dim': 32, 'action_horizon': CHUNK, 'max_state_dim': 64, 'hidden_size': 16,
            'input_embedding_dim': 16, 'backbone_embedding_dim': 16, 'add_pos_embed': True,
            'num_inference_timesteps': 4, 'num_target_vision_tokens': 4,
            'vl_self_attention_cfg': attention,
            'diffusion_model_cfg': attention | {    # its second layer sees the state
                'num_layers': 2, 'output_dim': 16, 'cross_attention_dim': 16,
                'norm_type': 'ada_norm', 'interleave_self_attention': True}}), '')
    with torch.no_grad():
        for weight in model.action_head.parameters():
            weight.normal_(0, 0.3)      # as it begins, what is seen hardly matters
    model.save_pretrained(folder)
    return folder


def groot(folder):
    """A checkpoint, saved by LeRobot. Its base model and words lie beside it."""
    from lerobot.policies.groot.configuration_groot import GrootConfig
    from lerobot.policies.groot.modeling_groot import GrootPolicy
    words = assets(folder.with_name('eagle'))
    start = base(folder.with_name('base'), words)
    return h.save(GrootPolicy(GrootConfig(
        input_features=h.inputs(), output_features=h.outputs(), device='cpu', use_bf16=False,
        chunk_size=CHUNK, n_action_steps=CHUNK, base_model_path=str(start),
        tokenizer_assets_repo=str(words))).eval(), folder)
