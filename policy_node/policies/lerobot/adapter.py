"""The only module that knows LeRobot's classes: 0.4 (Python 3.11) and 0.6 (3.12) alike.

Both have the same names here; what differs between kinds of policies is told in the comments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lerobot.configs.policies import PreTrainedConfig
from lerobot.configs.types import RTCAttentionSchedule
from lerobot.policies.factory import get_policy_class, make_pre_post_processors
from lerobot.policies.rtc.configuration_rtc import RTCConfig
from lerobot.policies.utils import prepare_observation_for_inference
from lerobot.processor import DeviceProcessorStep, NormalizerProcessorStep, TransitionKey
from lerobot.processor.converters import create_transition
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from policy_node.policies.lerobot.checkpoint import ACTION, NOISE_GIVEN, RENAME, Checkpoint
from policy_node.policies.lerobot.parameters import Params
from policy_node.policies.lerobot.weights import absent
from policy_node.policy import PolicyError

PATCHED = ('pi0', 'pi05')
SUPPORT = ('lerobot.policies.pi_gemma', 'transformers.models.siglip.check')
"""What LeRobot 0.6 brings for `PATCHED`, or else the patched transformers that 0.4 needs: 0.4 says
so only when it has built the whole model."""
DEVICE, TOKENIZER = 'device_processor', 'tokenizer_processor'
_ON_GPU = ("; [groot] needs an NVIDIA GPU and its compiler. Or run NVIDIA's own server, and "
           'policy gr00t')
UNUSED = 'lm_head.weight'
"""Actions need no language head; pi0 and pi0.5 have two."""
IMAGES, FIRST_IMAGE = 'observation.images', 'observation.image'
LANGUAGE = 'observation.language.'


class Model:
    """A policy of LeRobot with the steps before and after it.

    Args:
        checkpoint: Where it is.
        device: Where to run.
        params: Parameters ``lerobot.*``.
        rows: How many rows of a chunk are wanted.

    Attributes:
        policy: LeRobot's own policy, for what only some kinds can do.
        absent: Names of weights that it has and its file has not; see `weights.absent`.
        memory: Keys of which the policy wants to see more than the newest instant, and how many
            instants of each.

    Raises:
        PolicyError: It cannot be loaded, or not as the parameters say.
    """

    def __init__(self, checkpoint: Checkpoint, device: str, params: Params, rows: int) -> None:
        self._device = _usable(device)
        if checkpoint.kind in PATCHED and not any(map(_is_there, SUPPORT)):
            raise PolicyError(f'LeRobot 0.4 runs {checkpoint.kind} only with a transformers of its '
                              'own; install LeRobot 0.6 on Python 3.12')
        try:
            self.policy = _load(checkpoint, device, params, rows)
            self.absent = absent(self.policy, checkpoint.path)
            self._before, self._after = _processors(self.policy.config, checkpoint, device, params)
        except Exception as error:      # LeRobot, transformers and safetensors raise all kinds
            raise PolicyError(f'checkpoint {checkpoint.path} cannot be loaded: '
                              f'{type(error).__name__}: {error}'
                              f'{_remedy(error, checkpoint.kind, params.table)}'
                              ) from error
        unknown = sorted(name for name in self.absent if not name.endswith(UNUSED))
        if unknown:
            raise PolicyError(f'checkpoint {checkpoint.path} lacks {len(unknown)} weights of a '
                              f'{checkpoint.kind}, such as {unknown[0]}; LeRobot would go on with '
                              'random numbers there. Save it anew with the LeRobot that made it')
        config = self.policy.config
        self._dtype = _autocast(config, self._device, params)
        self._noisy = checkpoint.kind in NOISE_GIVEN
        self._repeats = config.n_action_repeats if checkpoint.kind == 'tdmpc' else 0
        self._image_keys = tuple(config.image_features)
        if params.rtc:
            _begin_rtc(self.policy, self._before.steps, checkpoint, params)
        queues: Mapping[str, Any] = getattr(self.policy, '_queues', {})
        self.memory = {key: queue.maxlen for key, queue in queues.items() if key != ACTION}

    @property
    def tokenizer(self) -> Any:
        """The tokenizer that the checkpoint's own steps use."""
        return next(step.input_tokenizer for step in self._before.steps
                    if hasattr(step, 'input_tokenizer'))

    def prepare(self, values: Mapping[str, NDArray[Any]], prompt: str) -> dict[str, Any]:
        """What the model sees of one instant.

        Args:
            values: Key -> image, shape (H, W, 3) uint8, or vector, shape (N,) float32.
            prompt: Task instruction.

        Returns:
            Key -> tensor with a batch axis, normalised; images channels first.
        """
        frame = prepare_observation_for_inference(dict(values), self._device, prompt)
        batch: dict[str, Any] = self._before(frame)
        batch.pop(ACTION, None)     # LeRobot puts None there
        images = [batch[key] for key in self._image_keys if key in batch]
        if IMAGES in self.memory and images:
            batch[IMAGES] = torch.stack(images, dim=-4)
        if FIRST_IMAGE in self.memory and images:
            batch[FIRST_IMAGE] = images[0]
        return batch

    def predict(self, batch: dict[str, Any], past: Mapping[str, list[Tensor]], **rtc: Any
                ) -> Tensor:
        """Infer a chunk.

        Args:
            batch: As `prepare` made it.
            past: For each key of `memory` as many instants as it says, oldest first.
            rtc: Arguments of LeRobot's RTC, and the noise if it is given; empty without.

        Returns:
            Shape (B, H, D), normalised.
        """
        self.policy.reset()
        for key, instants in past.items():
            self.policy._queues[key].extend(instants)
        autocast: AbstractContextManager[Any] = nullcontext() if self._dtype is None else \
            torch.autocast(self._device.type, self._dtype)
        with torch.no_grad(), autocast:     # not inference_mode: RTC takes gradients within
            made: Tensor = self.policy.predict_action_chunk(batch, **rtc)
        if self._repeats:   # TD-MPC makes (rows, batch, columns), each row for several steps
            return made.transpose(0, 1).repeat_interleave(self._repeats, 1)
        return made

    def noise(self, seed: int) -> Tensor | None:
        """What `predict` would begin a chunk from after ``torch.manual_seed(seed)``.

        Returns:
            Shape (1, H, D) of the model's own; None for kinds that cannot be given it.
        """
        if not self._noisy:
            return None
        torch.manual_seed(seed)
        config = self.policy.config
        made: Tensor = self.policy.model.sample_noise(
            (1, config.chunk_size, config.max_action_dim), self._device)
        return made

    def actions(self, chunk: Tensor) -> NDArray[np.float32]:
        """Rows in the units of the training data.

        Args:
            chunk: Shape (1, H, D), normalised.

        Returns:
            Shape (H, D).
        """
        rows = [self._after(chunk[:, i]) for i in range(chunk.shape[1])]
        made: NDArray[np.float32] = torch.cat(rows).float().cpu().numpy()
        return made

    def normalized(self, rows: NDArray[np.float64]) -> Tensor:
        """Rows as the model makes them, for RTC.

        Args:
            rows: Shape (P, D), in the units of the training data.

        Returns:
            Shape (1, P, D).
        """
        action = torch.from_numpy(rows.astype(np.float32))[None].to(self._device)
        transition = create_transition(action=action)
        for step in self._before.steps:
            if isinstance(step, NormalizerProcessorStep):
                transition = step(transition)
        made: Tensor = transition[TransitionKey.ACTION]
        return made


def together(batches: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What `Model.prepare` made of several instants, as one batch in their order.

    Instructions of fewer words are filled up; their masks say so.
    """
    def joined(key: str, values: list[Tensor]) -> Tensor:
        if key.startswith(LANGUAGE):
            longest = max(value.shape[-1] for value in values)
            values = [pad(value, (0, longest - value.shape[-1])) for value in values]
        return torch.cat(values)

    return {key: joined(key, [batch[key] for batch in batches]) if isinstance(first, Tensor)
            else first for key, first in batches[0].items()}


def _usable(name: str) -> torch.device:
    """A device that can compute.

    Raises:
        PolicyError: There is none of this name.
    """
    try:
        return torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError) as error:     # torch raises both for absent devices
        raise PolicyError(f'device {name!r} cannot be used: {str(error).splitlines()[0]}'
                          ) from error


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:     # nor is the package that it would be in
        return False


def _load(checkpoint: Checkpoint, device: str, params: Params, rows: int) -> Any:
    """The policy alone, in evaluation mode."""
    config = PreTrainedConfig.from_pretrained(checkpoint.path)
    config.device = device
    if hasattr(config, 'pretrained_backbone_weights'):
        config.pretrained_backbone_weights = None   # else downloaded, then replaced by our own
    if params.dtype and hasattr(config, 'dtype'):
        config.dtype = params.dtype
    if checkpoint.kind == 'diffusion':      # cuts off what it makes beyond n_action_steps
        made = config.horizon - config.n_obs_steps + 1
        config.n_action_steps = min(max(config.n_action_steps, rows), made)
    policy: Callable[..., Any] = get_policy_class(checkpoint.kind).from_pretrained
    return policy(str(checkpoint.path), config=config)


def _processors(config: Any, checkpoint: Checkpoint, device: str, params: Params) -> Any:
    """The steps before and after the model, as the checkpoint has them, on our device."""
    changes: dict[str, dict[str, Any]] = {DEVICE: {'device': device}, RENAME: {'rename_map': {}}}
    if params.tokenizer:
        changes[TOKENIZER] = {'tokenizer_name': params.tokenizer}
    named, _ = checkpoint.steps
    before, after = make_pre_post_processors(
        config, pretrained_path=str(checkpoint.path),
        preprocessor_overrides={k: v for k, v in changes.items() if k in named},
        postprocessor_overrides={})
    if checkpoint.kind == 'groot':
        _repair_groot(before.steps, device, str(Path(params.tokenizer).absolute())
                      if params.tokenizer else config.tokenizer_assets_repo)
    return before, after


def _repair_groot(steps: list[Any], device: str, tokenizer: str) -> None:
    """Set what LeRobot 0.4 neither saves nor, for GR00T alone, lets one say while loading."""
    for i, step in enumerate(steps):
        if hasattr(step, 'rename_map'):
            step.rename_map = {}
        elif hasattr(step, 'tokenizer_assets_repo'):
            step.tokenizer_assets_repo = tokenizer
        elif isinstance(step, DeviceProcessorStep):
            steps[i] = DeviceProcessorStep(device=device)


def _autocast(config: Any, device: torch.device, params: Params) -> torch.dtype | None:
    """Type of numbers within the model, where it is not that of its weights."""
    if params.dtype == 'bfloat16' and not hasattr(config, 'dtype'):
        return torch.bfloat16
    amp = device.type == 'cuda' and config.use_amp and not params.dtype
    return torch.float16 if amp else None


def _begin_rtc(policy: Any, steps: Sequence[Any], checkpoint: Checkpoint, params: Params) -> None:
    if not hasattr(policy, 'init_rtc_processor') or not hasattr(policy.config, 'rtc_config'):
        raise PolicyError(f'{params.table}.rtc: policy type {checkpoint.kind} has no RTC in '
                          'LeRobot; set it to false')
    relative = any(type(step).__name__ == 'RelativeActionsProcessorStep' and step.enabled
                   for step in steps)       # only 0.6 has this class
    if relative or getattr(policy.config, 'adapt_to_pi_aloha', False):
        raise PolicyError(f'{params.table}.rtc: checkpoint {checkpoint.path} makes actions in '
                          'other coordinates than the queued rows have (relative or ALOHA); set it '
                          'to false')
    policy.config.rtc_config = RTCConfig(
        enabled=True, execution_horizon=params.rtc_execution_horizon,
        max_guidance_weight=params.rtc_max_guidance_weight,
        prefix_attention_schedule=RTCAttentionSchedule(params.rtc_schedule.upper()))
    policy.init_rtc_processor()


def _remedy(error: Exception, kind: str, table: str) -> str:
    """What to do where LeRobot does not say it."""
    text, name = str(error), type(error).__name__
    if isinstance(error, ImportError):
        return (f'. Install LeRobot with its extra for {kind}, as in pip install '
                '"lerobot[smolvla,pi,diffusion]"' + _ON_GPU * (kind == 'groot'))
    if name == 'HFValidationError':
        return '. It names a folder that is not on this machine: put the right one in config.json'
    if kind == 'groot' and 'LocalEntryNotFound' in name:
        return ('. LeRobot fetches base_model_path of config.json and its words from the model '
                'hub: connect once, or name local folders; see docs/policies_lerobot.md')
    if 'huggingface.co' in text or 'LocalEntryNotFound' in name:
        return ('. The checkpoint names a part that is on the model hub: connect once, or give '
                f'{table}.tokenizer a local folder')
    if name == 'DecodingError':
        return (f'. Another LeRobot saved it than this one, {version("lerobot")}: install the '
                'version that did')
    return ''
