"""The network: two small image encoders, a context transformer, and a flow over action rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from policy_node.policies.reference.config import ModelConfig
from policy_node.policies.reference.text import PADDING, token_count

LANDMARKS = 2
"""Things whose position relative to the end effector is learned besides: the object, its place."""
Keys = tuple[Tensor, Tensor]
"""Keys and values of an attention, each (B, heads, M, W / heads)."""
_CHANNELS = (32, 64, 128)
_PATCH = 16
"""Pixels of an image that one token stands for, in each direction."""


class Block(nn.Module):
    """Residual block of two 3x3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.GroupNorm(8, channels), nn.SiLU(), nn.Conv2d(channels, channels, 3, padding=1),
            nn.GroupNorm(8, channels), nn.SiLU(), nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w)."""
        return x + self.layers(x)


class ImageEncoder(nn.Module):
    """One camera: image to tokens.

    Args:
        size: Width and height of the image [px].
        width: Size of a token.
    """

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        a, b, c = _CHANNELS
        self.layers = nn.Sequential(
            nn.Conv2d(3, a, 4, stride=4), nn.SiLU(),
            nn.Conv2d(a, b, 3, stride=2, padding=1), Block(b),
            nn.Conv2d(b, c, 3, stride=2, padding=1), Block(c),
            nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, width, 1))
        self.place = nn.Parameter(torch.randn((size // _PATCH) ** 2, width) * 0.02)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, 3, size, size) within -1..1 to (B, T, width)."""
        return self.layers(image).flatten(2).transpose(1, 2) + self.place


class Attention(nn.Module):
    """Multi-head attention; keys and values of what is attended to can be made once and kept."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def keys(self, source: Tensor) -> Keys:
        """Keys and values of a source (B, M, W)."""
        key, value = self.key_value(source).chunk(2, dim=-1)
        return self._split(key), self._split(value)

    def forward(self, x: Tensor, keys: Keys, mask: Tensor | None = None) -> Tensor:
        """Map x (B, N, W), attending to M others; mask (B, 1, 1, M) is true to attend."""
        key, value = keys
        query = self._split(self.query(x))
        # Written out: on a CPU the fused kernel's gradient takes three times as long.
        scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        mixed = scores.softmax(dim=-1) @ value
        return self.out(mixed.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        """Map (B, N, W) to (B, heads, N, W / heads)."""
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Layer(nn.Module):
    """Transformer layer; with ``cross`` it also attends to a context."""

    def __init__(self, width: int, heads: int, *, cross: bool) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3 if cross else 2))
        self.attend = Attention(width, heads)
        self.look = Attention(width, heads) if cross else None
        self.think = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate='tanh'), nn.Linear(4 * width, width))

    def keys(self, context: Tensor) -> Keys:
        """What ``forward`` takes of a context (B, M, W); only with ``cross``."""
        assert self.look is not None
        return self.look.keys(context)

    def forward(self, x: Tensor, mask: Tensor | None = None, context: Keys | None = None,
                among: Tensor | None = None) -> Tensor:
        """Map (B, N, W) to (B, N, W).

        Args:
            x: As above.
            mask: Of the context if there is one, else of x.
            context: What is attended to besides; with ``cross``.
            among: Which of x attends to which, (N, N); only with a context.
        """
        y = self.norms[0](x)
        x = x + self.attend(y, self.attend.keys(y), among if self.look else mask)
        if self.look is not None:
            assert context is not None
            x = x + self.look(self.norms[2](x), context, mask)
        return x + self.think(self.norms[1](x))


class Speech(nn.Module):
    """Says word by word which step of the task comes next.

    Args:
        config: Of the model.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, tokens = config.width, token_count(config.vocabulary)
        self.words = nn.Embedding(tokens, width)
        self.place = nn.Parameter(torch.randn(config.subtask_words + 1, width) * 0.02)
        self.layer = Layer(width, config.heads, cross=True)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, tokens)

    def forward(self, said: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Score each token as the next one, after nothing and after each that was said.

        Args:
            said: Tokens (B, N), N <= subtask_words.
            context: (B, M, W), of the whole task.
            mask: (B, 1, 1, M).

        Returns:
            Logits (B, N + 1, tokens).
        """
        # Padding stands for the beginning; it is never said.
        x = self.words(F.pad(said, (1, 0), value=PADDING))
        count = x.shape[1]
        earlier = torch.ones(count, count, dtype=torch.bool, device=x.device).tril()
        x = self.layer(x + self.place[:count], mask, self.layer.keys(context), earlier)
        return cast(Tensor, self.out(self.norm(x)))


class ReferenceModel(nn.Module):
    """Velocity field of a flow from noise to a chunk, given what is seen and told.

    Everything is normalised here: images within -1..1, state and actions by the statistics of the
    demonstrations. Flow time runs from 0 (noise) to 1 (actions), for each row by itself: a row at
    1 is known and is continued.

    Args:
        config: Its shape.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width, columns = config.width, len(config.action_names)
        self.encoders = nn.ModuleDict(
            {name: ImageEncoder(config.image_size, width) for name in config.cameras})
        self.words = nn.Embedding(config.buckets, width, padding_idx=PADDING)
        self.word_place = nn.Parameter(torch.randn(config.words, width) * 0.02)
        self.state = nn.Sequential(
            nn.Linear(config.state_size, width), nn.SiLU(), nn.Linear(width, width))
        self.sight = nn.Parameter(torch.randn(LANDMARKS, width) * 0.02)
        self.context_layers = nn.ModuleList(
            Layer(width, config.heads, cross=False) for _ in range(config.context_layers))
        self.context_norm = nn.LayerNorm(width)
        self.landmark = nn.Linear(width, 3)
        self.rows_in = nn.Linear(columns, width)
        self.row_place = nn.Parameter(torch.randn(config.horizon, width) * 0.02)
        self.time = nn.Sequential(
            nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.action_layers = nn.ModuleList(
            Layer(width, config.heads, cross=True) for _ in range(config.action_layers))
        self.rows_norm = nn.LayerNorm(width)
        self.rows_out = nn.Linear(width, columns)
        nn.init.zeros_(self.rows_out.weight)
        nn.init.zeros_(self.rows_out.bias)
        self.speech = Speech(config) if config.vocabulary else None

    def see(self, image: Tensor, camera: str) -> Tensor:
        """Encode one camera's images.

        Args:
            image: (B, 3, size, size) within -1..1.
            camera: Which.

        Returns:
            Tokens (B, T, W).
        """
        return cast(Tensor, self.encoders[camera](image))

    def context(self, seen: Sequence[Tensor], state: Tensor, words: Tensor
                ) -> tuple[Tensor, Tensor]:
        """Join what is seen and told.

        Args:
            seen: Of `see`, for each camera in order.
            state: (B, S), normalised.
            words: (B, words) of `tokenize`.

        Returns:
            Tokens (B, M, W) and which of them are real, (B, 1, 1, M).
        """
        batch = len(state)
        x = torch.cat([self.sight.expand(batch, -1, -1), self.state(state).unsqueeze(1),
                       self.words(words) + self.word_place, *seen], dim=1)
        mask = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        first = LANDMARKS + 1
        mask[:, first:first + words.shape[1]] = words != PADDING
        mask = mask[:, None, None, :]
        for layer in self.context_layers:
            x = layer(x, mask)
        return self.context_norm(x), mask

    def landmarks(self, context: Tensor) -> Tensor:
        """Where the landmarks are relative to the end effector, from the tokens [0.1 m].

        Returns:
            Shape (B, LANDMARKS, 3).
        """
        return self.landmark(context[:, :LANDMARKS])

    def keys(self, context: Tensor) -> tuple[Keys, ...]:
        """What `velocity` takes of the context (B, M, W); the same at every step of a flow."""
        layers = cast(Iterable[Layer], self.action_layers)
        return tuple(layer.keys(context) for layer in layers)

    def velocity(self, rows: Tensor, time: Tensor, keys: Sequence[Keys], mask: Tensor) -> Tensor:
        """Velocity of the flow.

        Args:
            rows: (B, H, D), normalised.
            time: (B, H) within 0..1.
            keys: Of the context.
            mask: (B, 1, 1, M).

        Returns:
            Shape (B, H, D).
        """
        x = self.rows_in(rows) + self.row_place + self.time(_waves(time, self.config.width))
        for layer, context in zip(self.action_layers, keys, strict=True):
            x = layer(x, mask, context)
        return self.rows_out(self.rows_norm(x))


def _waves(time: Tensor, width: int) -> Tensor:
    """Flow time as sines and cosines, shape (..., width)."""
    periods = torch.exp(torch.linspace(math.log(0.004), math.log(4.0), width // 2,
                                       device=time.device))
    angle = time.unsqueeze(-1) * (2 * math.pi) / periods
    return torch.cat([angle.sin(), angle.cos()], dim=-1)
