"""Instructions as numbers: words hashed into a table, so any text has some. Pure."""

from __future__ import annotations

import re
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

PADDING = 0
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
