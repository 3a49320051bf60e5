"""What a reference model is built from; saved in its checkpoint. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from policy_node.policy import PolicyError

WORDS = 24
BUCKETS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Shape of a model, and what its inputs and outputs are called.

    Attributes:
        cameras: Image features, in order.
        image_size: Width and height of the images that the model sees [px], a multiple of 16.
        state_size: Length of feature ``state``.
        action_names: D action columns.
        action_units: D units.
        horizon: Rows H of a chunk.
        control_rate: Rate at which the rows are meant to be executed [Hz].
        width: Size of a token.
        heads: Attention heads; divide ``width``.
        context_layers: Transformer layers over what is seen and told.
        action_layers: Transformer layers over the rows of a chunk.
        words: Longest instruction [words].
        buckets: Size of the table of word embeddings; words are hashed into it.
        max_prefix: Longest prefix that the model was trained to continue [rows]; 0 for none.
        vocabulary: Words that subtasks are made of; without any the model decodes no subtasks.
        subtask_words: Longest subtask [words].
    """

    cameras: tuple[str, ...]
    image_size: int = 128
    state_size: int
    action_names: tuple[str, ...]
    action_units: tuple[str, ...]
    horizon: int = 32
    control_rate: float = 20.0
    width: int = 192
    heads: int = 6
    context_layers: int = 2
    action_layers: int = 4
    words: int = WORDS
    buckets: int = BUCKETS
    max_prefix: int = 0
    vocabulary: tuple[str, ...] = ()
    subtask_words: int = 16

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str, where: str) -> ModelConfig:
        """Read it back.

        Args:
            text: What `to_json` gave.
            where: Named in errors.

        Raises:
            PolicyError: Not JSON, or a field is missing, unknown or of the wrong type.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            fields_of: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v
                                         for k, v in values.items()}
            config = cls(**fields_of)
        except (ValueError, TypeError, AttributeError) as error:
            raise PolicyError(f'{where}: not the configuration of a reference model: {error}'
                              ) from error
        for f in fields(cls):
            value, kind = getattr(config, f.name), f.type
            fits = (isinstance(value, tuple) and all(isinstance(v, str) for v in value)
                    if str(kind).startswith('tuple') else
                    isinstance(value, (int, float)) if kind == 'float' else type(value) is int)
            if not fits:
                raise PolicyError(f'{where}: {f.name} must be {kind}, got {value!r}')
        return config
