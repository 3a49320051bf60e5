"""Instructions as numbers: words hashed into a table, so any text has some. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

PADDING = 0
END = 1
"""Token after the last word of a subtask."""
_SPECIAL = 2
_WORD = re.compile(r'[a-z0-9]+')


def tokenize(text: str, length: int, buckets: int) -> NDArray[np.int64]:
    """Numbers of the first words of an instruction, shape (length,), `PADDING` after the last.

    Args:
        text: Instruction; case and punctuation do not matter.
        length: How many words at most.
        buckets: Words become 1..buckets - 1.
    """
    words = _WORD.findall(text.lower())[:length]
    tokens = np.full(length, PADDING, dtype=np.int64)
    tokens[:len(words)] = [1 + crc32(word.encode()) % (buckets - 1) for word in words]
    return tokens


def vocabulary(texts: Iterable[str]) -> tuple[str, ...]:
    """Every word of some texts, sorted."""
    return tuple(sorted({word for text in texts for word in _WORD.findall(text.lower())}))


def encode(text: str, words: Sequence[str], length: int) -> NDArray[np.int64]:
    """Tokens of a subtask: its words, `END`, then `PADDING`; shape (length + 1,).

    Args:
        text: At most ``length`` words, all of the vocabulary.
        words: The vocabulary.
        length: As above.

    Raises:
        ValueError: It has too many words, or an unknown one.
    """
    spoken = _WORD.findall(text.lower())
    if len(spoken) > length:
        raise ValueError(f'subtask {text!r} has {len(spoken)} words, {length} are possible')
    for word in spoken:
        if word not in words:
            raise ValueError(f'subtask {text!r} has the new word {word!r}')
    tokens = np.full(length + 1, PADDING, dtype=np.int64)
    tokens[:len(spoken) + 1] = [*(_SPECIAL + words.index(word) for word in spoken), END]
    return tokens


def spell(tokens: Iterable[int], words: Sequence[str]) -> str:
    """Text of tokens without `END`."""
    return ' '.join(words[token - _SPECIAL] for token in tokens)


def token_count(words: Sequence[str]) -> int:
    """How many tokens there are with a vocabulary."""
    return _SPECIAL + len(words)
