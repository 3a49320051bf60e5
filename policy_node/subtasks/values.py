"""What is known of a subtask, and what may be set about subtasks. Pure: no ROS."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from policy_node.policy import Decoding
from segue_core.parameters import param


class Provenance(IntEnum):
    """Where a subtask comes from; the numbers are those of ``segue/msg/Subtask``."""

    DECODED = 0
    OVERRIDE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentSubtask:
    """The step of its task that a session pursues.

    Attributes:
        text: In words; never empty.
        tokens: Token ids of the text; empty when the policy has no tokeniser, and for an override.
        prompt: Instruction that it was derived from.
        refresh_count: Counts the subtasks of a session from 0; the same text again counts too.
        stamp_ns: Observation that it was decoded from [ns, clock of the observations].
        provenance: Decoded by the policy or given by the user.
        decoding_ns: Wall time of decoding, waits for actions included [ns]; 0 for an override.
    """

    text: str
    prompt: str
    refresh_count: int
    stamp_ns: int
    tokens: tuple[int, ...] = ()
    provenance: Provenance = Provenance.DECODED
    decoding_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtaskSettings:
    """What may be set, for everybody or for one session; all of it while running."""

    generate_subtask: bool = param(
        False, 'Let a policy of two levels derive the next step of the task from the prompt and '
        'condition its actions on it.', dynamic=True)
    low_level_prompt: str = param(
        '', 'Pursue this instead of a subtask of the policy; a policy of one level gets it as its '
        'prompt. Empty for none.', dynamic=True)
    subtask_refresh_interval: float = param(
        0.0, 'Derive the subtask anew after this time; 0 for never.', unit='s', low=0.0,
        high=3600.0, dynamic=True)
    max_decoding_steps: int = param(25, 'Tokens of a subtask at most.', low=1, high=1024,
                                    dynamic=True)
    temperature: float = param(
        0.1, 'Of sampling a subtask; 0 always takes the most likely token.', low=0.0, high=10.0,
        dynamic=True)
    subtask_seed: int = param(
        0, 'Of sampling: subtask k of a session is sampled with subtask_seed + k.', low=0,
        high=2**31 - 1, dynamic=True)
    subtask_wait: bool = param(
        False, 'Finish a refresh that is due before the next chunk is inferred, so that results '
        'do not depend on the speed of the machine; for lockstep.', dynamic=True)
    subtask_early_refresh: bool = param(
        True, 'Refresh before the interval is over when the subtask seems done or stalled.',
        dynamic=True)
    subtask_min_interval: float = param(
        0.5, 'Shortest time between a subtask and its early refresh.', unit='s', low=0.0,
        high=3600.0, dynamic=True)
    subtask_stall_time: float = param(
        3.0, 'Stalled: no value of a state vector moved for so long.', unit='s', low=0.1,
        high=3600.0, dynamic=True)
    subtask_stall_tolerance: float = param(
        0.01, 'Up to this a value has not moved.', unit="state's unit", low=0.0, high=1e6,
        dynamic=True)
    subtask_grippers: tuple[str, ...] = param(
        (), 'Done: one of these action columns opens after it was closed for this subtask.',
        dynamic=True)
    subtask_gripper_open: float = param(
        1.0, 'Value of these columns when open.', unit="column's unit", low=-1e6, high=1e6,
        dynamic=True)
    subtask_gripper_closed: float = param(
        0.0, 'Value of these columns when closed.', unit="column's unit", low=-1e6, high=1e6,
        dynamic=True)

    def decoding(self, count: int) -> Decoding:
        """How subtask number ``count`` of a session is decoded."""
        return Decoding(max_decoding_steps=self.max_decoding_steps, temperature=self.temperature,
                        seed=self.subtask_seed + count)
