"""Small checkpoints with random weights, saved by LeRobot itself; for tests that need LeRobot."""

import importlib.util

import numpy as np
import pytest

from policy_node.policies.lerobot.parameters import Params
from policy_node.policy import Observation, PolicyConfig

NAMES = ('pan', 'lift', 'elbow', 'gripper')
COLUMNS = 4
STATE, IMAGES = 'observation.state', ('observation.images.front', 'observation.images.wrist')
SIZE = 64
FEATURES = {'front': 0, 'wrist': 0, 'image': 0, 'state': len(NAMES)}
WORDS = ('pick', 'up', 'the', 'soup')

needs_lerobot = pytest.mark.skipif(
    importlib.util.find_spec('lerobot') is None, reason='LeRobot is not installed in this Python')


def inputs(cameras=IMAGES, state=COLUMNS):
    from lerobot.configs.types import FeatureType, PolicyFeature
    return {**{key: PolicyFeature(FeatureType.VISUAL, (3, SIZE, SIZE)) for key in cameras},
            STATE: PolicyFeature(FeatureType.STATE, (state,))}


def outputs():
    from lerobot.configs.types import FeatureType, PolicyFeature
    return {'action': PolicyFeature(FeatureType.ACTION, (len(NAMES),))}


def statistics(cameras=IMAGES, state=COLUMNS):
    """Another value for each statistic and column, so that none can stand for another."""
    import torch

    def of(columns, seed):
        low = torch.arange(columns) / 10 - 1.0 - seed
        return {'min': low, 'max': low + 2.5, 'mean': low + 1.2, 'std': torch.full((columns,), 0.7),
                'count': torch.tensor([100])}

    pixels = {'min': 0.0, 'max': 1.0, 'mean': 0.45, 'std': 0.3}
    return {**{key: {k: torch.full((3, 1, 1), v) for k, v in pixels.items()} for key in cameras},
            STATE: of(state, 0.1), 'action': of(len(NAMES), 0.2)}


def save(policy, folder, state=COLUMNS, cameras=IMAGES, stats=None):
    """Save a policy and its processors as a training does."""
    from lerobot.policies.factory import make_pre_post_processors
    before, after = make_pre_post_processors(
        policy.config, dataset_stats=statistics(cameras, state) if stats is None else stats)
    for part in (policy, before, after):
        part.save_pretrained(folder)
    return folder


def act(folder, stats=None, **changes):
    from lerobot.policies.act.configuration_act import ACTConfig
    from lerobot.policies.act.modeling_act import ACTPolicy
    return save(ACTPolicy(ACTConfig(**{
        'input_features': inputs(), 'output_features': outputs(), 'device': 'cpu',
        'chunk_size': 20, 'n_action_steps': 10, 'dim_model': 32, 'n_heads': 4,
        'dim_feedforward': 64, 'n_encoder_layers': 1, 'n_vae_encoder_layers': 1,
        'pretrained_backbone_weights': None, **changes})).eval(), folder, stats=stats)


def blind(folder):
    """An ACT that sees and moves the three joints of config/mock.yaml."""
    from lerobot.configs.types import FeatureType, PolicyFeature
    three = {STATE: PolicyFeature(FeatureType.STATE, (3,)),
             'observation.environment_state': PolicyFeature(FeatureType.ENV, (3,))}
    return act(folder, stats={}, input_features=three,
               output_features={'action': PolicyFeature(FeatureType.ACTION, (3,))})


def diffusion(folder):
    from lerobot.policies.diffusion.configuration_diffusion import DiffusionConfig
    from lerobot.policies.diffusion.modeling_diffusion import DiffusionPolicy
    return save(DiffusionPolicy(DiffusionConfig(
        input_features=inputs(), output_features=outputs(), device='cpu', n_obs_steps=3,
        horizon=16, n_action_steps=8, crop_shape=(56, 56), down_dims=(16, 32, 64), n_groups=4,
        diffusion_step_embed_dim=16, spatial_softmax_num_keypoints=4, num_train_timesteps=5,
        pretrained_backbone_weights=None)).eval(), folder)


def vqbet(folder):
    from lerobot.policies.vqbet.configuration_vqbet import VQBeTConfig
    from lerobot.policies.vqbet.modeling_vqbet import VQBeTPolicy
    camera = IMAGES[:1]
    policy = VQBeTPolicy(VQBeTConfig(
        input_features=inputs(camera), output_features=outputs(), device='cpu', n_obs_steps=3,
        crop_shape=(56, 56), gpt_input_dim=32, gpt_output_dim=32, gpt_hidden_dim=32,
        gpt_n_layer=1, gpt_n_head=2, vqvae_embedding_dim=16, vqvae_enc_hidden_dim=16,
        spatial_softmax_num_keypoints=4, pretrained_backbone_weights=None)).eval()
    policy.vqbet.action_head.vqvae_model.discretized.fill_(True)
    return save(policy, folder, cameras=camera)


def tdmpc(folder):
    from lerobot.policies.tdmpc.configuration_tdmpc import TDMPCConfig
    from lerobot.policies.tdmpc.modeling_tdmpc import TDMPCPolicy
    camera = ('observation.image',)     # the only key that LeRobot's TD-MPC works with
    return save(TDMPCPolicy(TDMPCConfig(
        input_features=inputs(camera), output_features=outputs(), device='cpu', latent_dim=8,
        image_encoder_hidden_dim=8, state_encoder_hidden_dim=16, mlp_dim=16, horizon=5,
        n_gaussian_samples=8, n_elites=4, n_pi_samples=3, cem_iterations=2)).eval(), folder,
        cameras=camera)


def language_model(folder):
    """A vision-language model of SmolVLA's family with a handful of weights and words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import (
        PreTrainedTokenizerFast,
        SmolVLMConfig,
        SmolVLMImageProcessor,
        SmolVLMProcessor,
        SmolVLMVideoProcessor,
    )
    special = ('<pad>', '<unk>', '<bos>', '<eos>', '<fake_token_around_image>', '<image>',
               '<global-img>', '<end_of_utterance>')
    words = Tokenizer(WordLevel({w: i for i, w in enumerate((*special, *WORDS))}, '<unk>'))
    words.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token='<pad>', unk_token='<unk>', bos_token='<bos>',
        eos_token='<eos>', extra_special_tokens={
            'fake_image_token': '<fake_token_around_image>', 'image_token': '<image>',
            'global_image_token': '<global-img>', 'end_of_utterance_token': '<end_of_utterance>'})
    SmolVLMProcessor(SmolVLMImageProcessor(), tokenizer, SmolVLMVideoProcessor(),
                     image_seq_len=4, chat_template='').save_pretrained(folder)
    SmolVLMConfig(
        text_config={'model_type': 'llama', 'hidden_size': 32, 'intermediate_size': 64,
                     'num_hidden_layers': 2, 'num_attention_heads': 4, 'num_key_value_heads': 2,
                     'head_dim': 8, 'vocab_size': len(words.get_vocab()), 'pad_token_id': 0},
        vision_config={'hidden_size': 32, 'intermediate_size': 64, 'num_hidden_layers': 1,
                       'num_attention_heads': 4, 'image_size': 64, 'patch_size': 16},
        scale_factor=2, image_token_id=5, pad_token_id=0).save_pretrained(folder)
    return folder


def smolvla(folder, state=COLUMNS):
    from lerobot.policies.smolvla.configuration_smolvla import SmolVLAConfig
    from lerobot.policies.smolvla.modeling_smolvla import SmolVLAPolicy
    words = language_model(folder.with_name('language_model'))
    return save(SmolVLAPolicy(SmolVLAConfig(
        input_features=inputs(), output_features=outputs(), device='cpu', chunk_size=20,
        n_action_steps=20, max_state_dim=8, max_action_dim=8, resize_imgs_with_padding=(64, 64),
        vlm_model_name=str(words), num_vlm_layers=2, tokenizer_max_length=8, num_steps=4)).eval(),
        folder, state)


MAKERS = {'act': act, 'diffusion': diffusion, 'vqbet': vqbet, 'tdmpc': tdmpc, 'smolvla': smolvla}
ROWS = {'act': 16, 'diffusion': 14, 'vqbet': 5, 'tdmpc': 10, 'smolvla': 16}


def config(checkpoint, rows=16, **changes):
    return PolicyConfig(**{
        'policy': 'lerobot', 'actions_per_chunk': rows, 'step_ns': 33_333_333,
        'action_names': NAMES, 'action_units': ('rad',) * len(NAMES), 'features': FEATURES,
        'checkpoint': str(checkpoint), 'params': Params(), **changes})


def image(seed, size=SIZE):
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3)).astype(np.uint8)


def observation(timestep=0, session='s', prompt='pick up the soup', **features):
    return Observation(timestep * 33_333_333, timestep, prompt, {
        'front': image(timestep), 'wrist': image(timestep + 1000), 'image': image(timestep),
        'state': np.array([0.1, -0.2, 0.3, 0.4]) + 0.01 * timestep, **features}, session)


NOTHING = np.empty((0, len(NAMES)))


class Peer:
    """LeRobot as its own robots use it; ``chunk`` is what it would execute row by row."""

    def __init__(self, folder, kind, **overrides):
        import torch
        from lerobot.policies.factory import get_policy_class, make_pre_post_processors
        self.policy = get_policy_class(kind).from_pretrained(str(folder))
        self.before, self.after = make_pre_post_processors(self.policy.config,
                                                           pretrained_path=str(folder),
                                                           preprocessor_overrides=overrides)
        self.device = torch.device('cpu')

    def batch(self, seen):
        from lerobot.policies.utils import prepare_observation_for_inference
        names = {key: key.rpartition('.')[2] for key in self.policy.config.input_features}
        return self.before(prepare_observation_for_inference(
            {key: np.array(seen.features[name], np.float32 if name == 'state' else None)
             for key, name in names.items() if name in seen.features}, self.device, seen.prompt))

    def begin(self, seen):
        """Give a chunk the noise that ours has."""
        import torch
        seed = np.random.SeedSequence([0, seen.timestep]).generate_state(1)[0]
        torch.manual_seed(int(seed))
        return self.batch(seen)

    def chunk(self, seen):
        """From `predict_action_chunk`, or where that needs its queues from `select_action`."""
        import torch
        batch = self.begin(seen)
        if set(getattr(self.policy, '_queues', {})) <= {'action'}:
            with torch.no_grad():
                return self.finished(self.policy.predict_action_chunk(batch))
        self.policy._queues['action'].clear()
        first = self.policy.select_action(batch)
        return self.finished(torch.stack([first, *self.policy._queues['action']], dim=1))

    def finished(self, chunk):
        return np.concatenate([self.after(chunk[:, i]).numpy() for i in range(chunk.shape[1])])
