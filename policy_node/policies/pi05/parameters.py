"""Parameters of the pi05 policy, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from policy_node.policies.lerobot.parameters import Params as LerobotParams
from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(LerobotParams):
    """Parameters ``pi05.*`` of policy_node: those of ``lerobot.*``, and how to ask for a subtask.

    A checkpoint does not say in which words it was asked in training.
    """

    table: ClassVar[str] = 'pi05'

    subtask_prompt: str = param(
        'Task: {task}. Subtask: ', 'What the model is asked to continue with a subtask, as in its '
        'training; {task} is the instruction, {state} the state in 256 steps.')
    causal_prompt: bool = param(
        True, 'Words of subtask_prompt see only the words before them, as in the training of '
        'openpi_subtask_generation; false: all of them, as the words that actions follow.')
