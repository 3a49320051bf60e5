"""Parameters of the lerobot policy, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from segue_core.parameters import param

SCHEDULES = ('linear', 'exp', 'ones', 'zeros')
DTYPES = ('', 'float32', 'bfloat16')


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``lerobot.*`` of policy_node.

    Attributes:
        table: What is before the dot, for messages.
    """

    table: ClassVar[str] = 'lerobot'

    rename_map: tuple[str, ...] = param(
        (), 'Which feature of the contract is which key of the checkpoint: '
        'feature=observation.images.front. Without an entry a key takes the feature of the same '
        'name, with or without observation.images. or observation. before it.')
    tokenizer: str = param('', "Folder of the tokenizer, for a machine without a connection to the "
                           "model hub. Empty: the one that the checkpoint names.")
    dtype: str = param('', 'Numbers the model computes with. Empty: as the checkpoint says.',
                       choices=DTYPES)
    resize: bool = param(False, "Resize images to the checkpoint's size, as LeRobot's policy "
                         'server does, when the cameras have another one.')
    rtc: bool = param(False, "LeRobot's Real-Time Chunking, for policies that have it: smolvla, "
                      'pi0, pi05. Use with aggregate_fn_name rtc.')
    rtc_execution_horizon: int = param(
        10, 'RTC: rows of the new chunk, counted from its first, that attend to the queued ones. '
        "LeRobot's word for it; it is where the attention ends, not how many rows are executed.",
        unit='rows', low=1, high=1000)
    rtc_max_guidance_weight: float = param(10.0, 'RTC: largest gain of the guidance.', low=0.01,
                                           high=1000.0)
    rtc_schedule: str = param('linear', 'RTC: how the weights of the queued rows fall.',
                              choices=SCHEDULES)
    seed: int = param(0, 'Seed of the noise; the same seed, timestep and observation give the same '
                      'actions.', low=0, high=2**31 - 1)
