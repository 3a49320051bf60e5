"""Demonstrations on disk, and batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from policy_node.policies.reference.text import encode, tokenize


class DatasetError(ValueError):
    """Demonstrations cannot be used; the message names file, field and remedy."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Observations with the chunks that the expert answered.

    Attributes:
        images: Camera -> (B, 3, h, w) uint8.
        state: (B, S).
        words: Of the subtask, which is the task itself where there are no subtasks; (B, words).
        task: Words of the task, (B, words).
        subtask: Tokens of the subtask (B, N); None without a vocabulary.
        actions: (B, H, D).
        landmarks: Object and its place relative to the end effector [0.1 m], (B, 2, 3).
    """

    images: dict[str, Tensor]
    state: Tensor
    words: Tensor
    task: Tensor
    subtask: Tensor | None
    actions: Tensor
    landmarks: Tensor


class Demonstrations:
    """Every episode of a folder, in memory.

    Args:
        cameras: Image features to use.
        words: Longest instruction.
        buckets: See `tokenize`.
    """

    def __init__(self, cameras: Sequence[str], words: int, buckets: int) -> None:
        self._cameras, self._words, self._buckets = tuple(cameras), words, buckets
        self._spoken: tuple[Sequence[str], int] | None = None
        self._tokens: dict[str, NDArray[np.int64]] = {}
        self._known: set[Path] = set()
        self._parts: list[dict[str, NDArray[np.generic]]] = []
        self._first: NDArray[np.int64] = np.zeros(1, dtype=np.int64)

    def add(self, folder: Path) -> int:
        """Read the episodes that are new in a folder; how many.

        Raises:
            DatasetError: An episode is damaged or unlike the others.
        """
        new = [path for path in sorted(folder.glob('*.npz')) if path not in self._known]
        for path in new:
            part = self._read(path)
            self._encode(path, part['subtask'])
            self._parts.append(part)
            self._known.add(path)
        self._first = np.cumsum([0, *(len(part['state']) for part in self._parts)])
        return len(new)

    def __len__(self) -> int:
        """How many observations there are."""
        return int(self._first[-1])

    @property
    def episodes(self) -> int:
        """How many episodes there are."""
        return len(self._parts)

    @property
    def image_size(self) -> int:
        """Width and height of the images [px]."""
        return self._parts[0][self._cameras[0]].shape[1]

    @property
    def subtasks(self) -> set[str]:
        """Every subtask; the task itself where there are none."""
        return {str(text) for part in self._parts for text in part['subtask']}

    def speak(self, vocabulary: Sequence[str], length: int) -> None:
        """Let batches have the tokens of the subtasks.

        Args:
            vocabulary: Their words.
            length: Longest subtask [words].

        Raises:
            DatasetError: A subtask cannot be said so.
        """
        self._spoken = vocabulary, length
        for path, part in zip(sorted(self._known), self._parts, strict=True):
            self._encode(path, part['subtask'])

    def all(self, name: str) -> Tensor:
        """One field of every observation: ``state`` or ``actions``."""
        return torch.from_numpy(np.concatenate([part[name] for part in self._parts])).float()

    def batch(self, numbers: NDArray[np.int64]) -> Batch:
        """Observations by number.

        Args:
            numbers: Shape (B,), each 0..len - 1.
        """
        part = np.searchsorted(self._first, numbers, side='right') - 1
        where = list(zip(part.tolist(), (numbers - self._first[part]).tolist(), strict=True))

        def stack(name: str) -> Tensor:
            return torch.from_numpy(np.stack([self._parts[p][name][k] for p, k in where]))

        state = stack('state').float()
        landmarks = (stack('landmarks').float() - state[:, None, :3]) / 0.1
        images = {name: stack(name).permute(0, 3, 1, 2) for name in self._cameras}
        task = torch.from_numpy(np.stack([self._parts[p]['task'] for p, _ in where]))
        subtask = torch.from_numpy(np.stack(
            [self._tokens[str(self._parts[p]['subtask'][k])] for p, k in where])
            ) if self._spoken else None
        return Batch(images, state, stack('words'), task, subtask, stack('actions').float(),
                     landmarks)

    def _encode(self, path: Path, subtasks: NDArray[np.generic]) -> None:
        """Note the tokens of an episode's subtasks, if any are wanted."""
        if self._spoken is None:
            return
        for text in {str(text) for text in subtasks}:
            try:
                self._tokens[text] = encode(text, *self._spoken)
            except ValueError as error:
                raise DatasetError(f'{path}: {error}; train from the beginning, without --resume'
                                   ) from error

    def _read(self, path: Path) -> dict[str, NDArray[np.generic]]:
        wanted = (*self._cameras, 'state', 'actions', 'landmarks')
        try:
            with path.open('rb') as opened:     # np.load leaves damaged files open
                file = np.load(opened, allow_pickle=False)
                part = {name: file[name] for name in wanted}
                task = str(file['task'])
                part['subtask'] = (file['subtask'] if 'subtask' in file
                                   else np.full(len(part['state']), task))
        except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
            raise DatasetError(f'{path}: not a demonstration: {error}; delete it and run '
                               '`ros2 run segue demonstrate` again') from error
        steps = {len(value) for value in part.values()}
        if len(steps) != 1:
            raise DatasetError(f'{path}: its fields have different lengths {sorted(steps)}')
        for name in wanted if self._parts else ():
            shape, first = part[name].shape[1:], self._parts[0][name].shape[1:]
            if shape != first:
                raise DatasetError(f'{path}: {name} has shape {shape}, the episodes before have '
                                   f'{first}')
        told = {str(text): tokenize(str(text), self._words, self._buckets)
                for text in (task, *part['subtask'])}
        part['task'] = told[task]
        part['words'] = np.stack([told[str(text)] for text in part['subtask']])
        return part
