"""A reference model that was trained with subtasks: it also says which step comes next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from policy_node.policies.reference.policy import ReferencePolicy
from policy_node.policies.reference.text import END, PADDING, spell
from policy_node.policy import Decoding, Observation, PolicyError, Subtask


class TwoLevelReferencePolicy(ReferencePolicy):
    """Actions follow from the subtask, the subtask from the prompt; both from what is seen."""

    def subtask(self, observation: Observation, decoding: Decoding, give_way: Callable[[], None]
                ) -> Subtask:
        """Decode the step that comes next, word by word.

        Raises:
            PolicyError: A feature has another shape than the model was trained for.
        """
        seen = self._seen(replace(observation, subtask=''))
        if isinstance(seen, PolicyError):
            raise seen
        said: list[int] = []
        with torch.inference_mode():
            tokens = []
            for name in self._config.cameras:
                tokens.append(self._model.see(seen.images[name], name))
                give_way()
            context, mask = self._model.context(tokens, seen.state, seen.words)
            random = np.random.default_rng(decoding.seed)
            for _ in range(min(decoding.max_decoding_steps, self._config.subtask_words)):
                give_way()
                token = self._next(said, context, mask, decoding.temperature, random)
                if token == END:
                    break
                said.append(token)
        return Subtask(spell(said, self._config.vocabulary), tuple(said))

    def _next(self, said: list[int], context: Tensor, mask: Tensor, temperature: float,
              random: np.random.Generator) -> int:
        assert self._model.speech is not None
        so_far = torch.tensor([said], dtype=torch.int64, device=self._device)
        scores = self._model.speech(so_far, context, mask)[0, -1].double().cpu().numpy()
        scores[PADDING] = -np.inf
        if not said:
            scores[END] = -np.inf
        if temperature == 0:
            return int(scores.argmax())
        likely = np.exp((scores - scores.max()) / temperature)
        return int(random.choice(len(likely), p=likely / likely.sum()))
