"""What policies share that ask a server: key mappings, images, rows, pauses after failures."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from policy_node.policy import PolicyError

T = TypeVar('T')

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
"""Pauses between attempts to reach a server that does not answer [s]; each is twice the last."""
MAX_REPLY_BYTES = 1 << 26


class Unreachable(PolicyError):
    """The server is gone, slow or unwell; it may be worth trying again."""


@dataclass(slots=True)
class Backoff:
    """Keeps a policy from waiting again and again for a server that is gone.

    Attributes:
        pause: Length of the next pause [s].
        until: When the server may be tried again [s, the caller's clock].
        reason: Why it may not be tried before.
    """

    pause: float = FIRST_PAUSE
    until: float = 0.0
    reason: str = ''

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Around one request to the server: refuses it in a pause, and notes how it went.

        Raises:
            Unreachable: The pause after the last failure is not over, or the server failed again.
        """
        self.check(time.monotonic())
        try:
            yield
        except Unreachable as error:
            self.failed(time.monotonic(), str(error))
            raise
        self.succeeded()

    def check(self, now: float) -> None:
        """Refuse an attempt that comes too early.

        Raises:
            Unreachable: The pause after the last failure is not over.
        """
        if now < self.until:
            raise Unreachable(f'{self.reason}; next attempt in {self.until - now:.1f} s')

    def failed(self, now: float, reason: str) -> None:
        """An attempt failed."""
        self.until, self.reason = now + self.pause, reason
        self.pause = min(2 * self.pause, LONGEST_PAUSE)

    def succeeded(self) -> None:
        """The server answered."""
        self.pause, self.until = FIRST_PAUSE, 0.0


def reach(attempt: Callable[[float], T], seconds: float) -> T:
    """Try until a server is there.

    Args:
        attempt: Called with the time that is left [s].
        seconds: How long to try.

    Returns:
        What the attempt returned.

    Raises:
        Unreachable: The last attempt's, when the time is over.
        PolicyError: The server is there but cannot be used.
    """
    end = time.monotonic() + seconds
    pause = FIRST_PAUSE
    while True:
        try:
            return attempt(max(end - time.monotonic(), FIRST_PAUSE))
        except Unreachable:
            if time.monotonic() + pause >= end:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def secret(parameter: str, environment: str) -> str:
    """A parameter's value, or the environment's where the parameter is empty."""
    return parameter or os.environ.get(environment, '').strip()


def mapping(parameter: str, entries: Sequence[str]) -> dict[str, str]:
    """Read which feature feeds which key of a server.

    Args:
        parameter: Name of the parameter, for errors.
        entries: ``feature=key`` or, where both are the same, ``feature``.

    Returns:
        Key -> feature.

    Raises:
        PolicyError: An entry is malformed, or a key is fed twice.
    """
    feature_of_key: dict[str, str] = {}
    for entry in entries:
        feature, equals, key = entry.partition('=')
        key = key if equals else feature
        if not feature or not key:
            raise PolicyError(f'{parameter}: {entry!r} must be feature=key')
        if key in feature_of_key:
            raise PolicyError(f'{parameter}: key {key!r} is fed twice, by '
                              f'{feature_of_key[key]!r} and {feature!r}')
        feature_of_key[key] = feature
    return feature_of_key


def feature_of(features: Mapping[str, Any], name: str) -> Any:
    """A feature of an observation.

    Raises:
        PolicyError: The observation does not have it.
    """
    if name not in features:
        raise PolicyError(f'feature {name!r} is missing; contract.observations gives '
                          f'{", ".join(sorted(features)) or "none"}')
    return features[name]


def is_image(name: str, value: Any) -> bool:
    """Tell an image from a vector.

    Args:
        name: Of the feature.
        value: Image, shape (H, W, 3) uint8, or vector, shape (N,).

    Raises:
        PolicyError: It is neither, or a vector with values that are not finite.
    """
    if isinstance(value, np.ndarray):
        if value.ndim == 3 and value.shape[2] == 3 and value.dtype == np.uint8 and value.size:
            return True
        if value.ndim == 1 and value.size and value.dtype.kind in 'iuf' \
                and np.isfinite(value).all():
            return False
    got = (f'{value.dtype} of shape {value.shape}' if isinstance(value, np.ndarray)
           else type(value).__name__)
    raise PolicyError(f'feature {name!r} must be an RGB image (height, width, 3) of uint8 or a '
                      f'vector of finite numbers, got {got}')


def fit_image(image: NDArray[np.uint8], size: int, *, mirror: bool) -> NDArray[np.uint8]:
    """Make an image as a model was trained on it.

    Args:
        image: Shape (H, W, 3).
        size: Width and height of the result [px]; the image keeps its shape within, centred on
            black. 0 leaves it as it is.
        mirror: Exchange left and right.

    Returns:
        Shape (size, size, 3).
    """
    if mirror:
        image = image[:, ::-1]
    height, width = image.shape[:2]
    if not size or height == width == size:
        return np.ascontiguousarray(image)
    longest = max(height, width)
    inner = Image.fromarray(image).resize(
        (max(width * size // longest, 1), max(height * size // longest, 1)),
        Image.Resampling.BILINEAR)
    outer = Image.new('RGB', (size, size))
    outer.paste(inner, ((size - inner.width) // 2, (size - inner.height) // 2))
    return np.asarray(outer)


def rows_of(server: str, actions: Any, rows: int, columns: int) -> NDArray[np.float64]:
    """The rows of a chunk out of a server's answer.

    Args:
        server: Named in errors.
        actions: What it answered.
        rows: How many rows are wanted; more are cut off.
        columns: How many columns the contract has.

    Raises:
        PolicyError: It is not a matrix of finite numbers, of these columns and so many rows.
    """
    if not isinstance(actions, np.ndarray) or actions.ndim != 2 or actions.dtype.kind not in 'iuf':
        got = (f'{actions.dtype} of shape {actions.shape}' if isinstance(actions, np.ndarray)
               else type(actions).__name__)
        raise PolicyError(f'{server}: actions must be a matrix (rows, columns), got {got}; is it '
                          'a server of this kind and version?')
    if actions.shape[1] != columns:
        raise PolicyError(f'{server} answers {actions.shape[1]} columns, contract.actions has '
                          f'{columns}; list the columns of its model in their order')
    if len(actions) < rows:
        raise PolicyError(f'{server} answers {len(actions)} rows, actions_per_chunk is {rows}; '
                          f'set it to {len(actions)} or less')
    made = actions[:rows].astype(np.float64)
    if not np.isfinite(made).all():
        row, column = np.argwhere(~np.isfinite(made))[0]
        raise PolicyError(f'{server} answers {made[row, column]} in row {row} column {column}; '
                          'look at its normalisation statistics')
    return made
