"""The policy: subtasks from the language model, actions for the subtask from the action expert."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.policies.lerobot.checkpoint import Checkpoint
from policy_node.policies.lerobot.policy import BatchingLerobotPolicy
from policy_node.policies.pi05 import prompt
from policy_node.policies.pi05.parameters import Params
from policy_node.policies.pi05.text import HEAD, Text
from policy_node.policy import (
    Decoding,
    Observation,
    PolicyConfig,
    PolicyError,
    Prediction,
    Query,
    Subtask,
)

STATE = 'observation.state'


class Pi05Policy:
    """A pi0.5 checkpoint of LeRobot as a policy of two levels.

    Args:
        config: ``params`` must be those of this policy.
        checkpoint: The folder, which fits the contract.

    Raises:
        PolicyError: It cannot be loaded, or has no language head.
    """

    def __init__(self, config: PolicyConfig, checkpoint: Checkpoint) -> None:
        self._params: Params = config.params
        self._acting = BatchingLerobotPolicy(config, checkpoint)
        self.metadata = self._acting.metadata
        model = self._acting.model
        if HEAD in model.absent:
            raise PolicyError(f'checkpoint {checkpoint.path} has no {HEAD}, without which it makes '
                              'no words; use policy lerobot for its actions alone')
        self._text = Text(model.policy, model.tokenizer, self._params.causal_prompt)
        self._tokens(self._acting.blank(), Decoding(max_decoding_steps=2), lambda: None)

    def reset(self, session_id: str) -> None:
        """Forget what this session saw."""
        self._acting.reset(session_id)

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Infer a chunk for the subtask, or for the prompt while there is none.

        Args:
            observation: Features: those that the checkpoint's keys are fed by.
            prefix: Rows that the robot still holds; used by RTC.
            delay: Control steps until the rows arrive; used by RTC.

        Raises:
            PolicyError: A feature cannot be used, or the model failed.
        """
        made = self._acting.infer(_told(observation), prefix, delay)
        return replace(made, subtask=observation.subtask)

    def subtask(self, observation: Observation, decoding: Decoding, give_way: Callable[[], None]
                ) -> Subtask:
        """Ask the language model which step of ``observation.prompt`` comes next.

        Raises:
            PolicyError: A feature cannot be used, the prompt is too long, or no words came.
        """
        tokens = self._tokens(observation, decoding, give_way)
        answer = self._text.words(tokens)
        text = prompt.subtask(answer)
        if not text:
            raise PolicyError(f'{self.metadata.name} answered {answer!r} to {observation.prompt!r}'
                              ', which has no words; was it trained to say subtasks, and with '
                              'pi05.subtask_prompt?')
        return Subtask(text, tokens)

    def _tokens(self, observation: Observation, decoding: Decoding, give_way: Callable[[], None]
                ) -> tuple[int, ...]:
        batch: dict[str, Any] = self._acting.batch(observation)
        state = batch[STATE][0].cpu().numpy()
        asked = prompt.filled(self._params.subtask_prompt, observation.prompt, state)
        return self._text.continued(batch, asked, decoding, give_way)


class BatchingPi05Policy(Pi05Policy):
    """One that `checkpoint.batches`."""

    def infer_batch(self, queries: Sequence[Query]) -> list[Prediction | PolicyError]:
        """Infer a chunk for each query, all at once.

        Returns:
            For each query what `infer` returns, but for rounding, or raises.
        """
        told = [replace(query, observation=_told(query.observation)) for query in queries]
        made = self._acting.infer_batch(told)
        return [one if isinstance(one, PolicyError)
                else replace(one, subtask=query.observation.subtask)
                for one, query in zip(made, queries, strict=True)]


def _told(observation: Observation) -> Observation:
    """The subtask as the prompt, if there is one."""
    return replace(observation, prompt=observation.subtask or observation.prompt)
