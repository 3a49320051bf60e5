"""Text from the PaliGemma within LeRobot's pi0.5, token by token with a cache of keys and values.

The only module that knows what is inside LeRobot's class; LeRobot itself never asks it for text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from lerobot.policies.pi_gemma import PaliGemmaForConditionalGenerationWithPiGemma as PaliGemma
from torch import Tensor

from policy_node.policy import Decoding, PolicyError

HEAD = 'model.paligemma_with_expert.paligemma.lm_head.weight'
"""Weights that turn what the model thinks into words."""
NEWLINE = '\n'
HIDDEN = torch.finfo(torch.float32).min


class Text:
    """Continues words about images.

    Args:
        policy: LeRobot's `PI05Policy`.
        tokenizer: PaliGemma's.
        causal: Words see only those before them. Images always see one another, and no words.
    """

    def __init__(self, policy: Any, tokenizer: Any, causal: bool) -> None:
        self._policy, self._tokenizer, self._causal = policy, tokenizer, causal
        self._model = policy.model.paligemma_with_expert
        self._paligemma: PaliGemma = self._model.paligemma
        newline = tokenizer.convert_tokens_to_ids(NEWLINE)
        self._ends = {tokenizer.eos_token_id, newline} - {None, tokenizer.unk_token_id}
        config = self._paligemma.language_model.config
        config._attn_implementation = 'eager'   # what LeRobot itself chooses for its masks

    @torch.no_grad()
    def continued(self, batch: dict[str, Any], prompt: str, decoding: Decoding,
                  give_way: Callable[[], None]) -> tuple[int, ...]:
        """Tokens that follow.

        Args:
            batch: What is seen, as LeRobot's steps give it.
            prompt: Words to continue.
            decoding: How.
            give_way: Called between two tokens.

        Returns:
            Up to the end of the text or of its first line, which is left out.

        Raises:
            PolicyError: The prompt is longer than what the checkpoint takes.
        """
        seen, cache = self._begin(batch, prompt)
        length = cache.get_seq_length()
        chance = torch.Generator().manual_seed(decoding.seed)
        tokens: list[int] = []
        while (token := self._choose(seen, decoding.temperature, chance)) not in self._ends:
            tokens.append(token)
            if len(tokens) == decoding.max_decoding_steps:
                break
            give_way()
            seen = self._next(token, length, cache)
            length += 1
        return tuple(tokens)

    def words(self, tokens: tuple[int, ...]) -> str:
        """The text of tokens."""
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return text

    def _begin(self, batch: dict[str, Any], prompt: str) -> tuple[Tensor, Any]:
        """Read images and prompt: the last output, shape (1, 1, width), and the cache."""
        most = self._policy.config.tokenizer_max_length
        device = next(self._policy.parameters()).device
        words = self._tokenizer(prompt, return_tensors='pt')['input_ids'].to(device)
        if words.shape[1] > most:
            raise PolicyError(f'the instruction makes a prompt of {words.shape[1]} tokens, the '
                              f'checkpoint takes {most}; shorten it: {prompt!r}')
        images, there = self._policy._preprocess_images(batch)
        inputs, there, _ = self._policy.model.embed_prefix(
            images, there, words, torch.ones_like(words, dtype=torch.bool))
        inputs = inputs[:, there[0]]    # cameras that are not there
        length, said = inputs.shape[1], words.shape[1]
        sees = torch.ones(length, length, dtype=torch.bool, device=device)
        if self._causal:
            sees[:, -said:] = sees[:, -said:].tril(said - length)
        return self._forward(inputs, sees, torch.arange(length, device=device), None)

    def _next(self, token: int, position: int, cache: Any) -> Tensor:
        """The output after one more token, which is added to the cache; shape (1, 1, width)."""
        device = next(self._policy.parameters()).device
        inputs = self._model.embed_language_tokens(torch.tensor([[token]], device=device))
        sees = torch.ones(1, position + 1, dtype=torch.bool, device=device)
        return self._forward(inputs, sees, torch.tensor([position], device=device), cache)[0]

    def _forward(self, inputs: Tensor, sees: Tensor, positions: Tensor, cache: Any
                 ) -> tuple[Tensor, Any]:
        (made, _), cache = self._model.forward(
            attention_mask=torch.where(sees, 0.0, HIDDEN)[None, None], past_key_values=cache,
            position_ids=positions[None], inputs_embeds=[inputs, None], use_cache=True)
        return made[:, -1:], cache

    def _choose(self, seen: Tensor, temperature: float, chance: torch.Generator) -> int:
        """The next token; ids that the tokenizer does not have are not chosen."""
        scores = self._paligemma.lm_head(seen)[0, 0, :len(self._tokenizer)].float().cpu()
        if not temperature:
            return int(scores.argmax())
        likely = torch.softmax((scores - scores.max()) / temperature, dim=0)
        return int(torch.multinomial(likely, 1, generator=chance))
