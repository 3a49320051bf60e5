"""What was seen last of each session, by reference; converted only when somebody looks."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image

from policy_node.gateway.errors import text_of
from policy_node.server import Asked
from policy_node.subtasks import CurrentSubtask
from segue_core.chunk import Chunk

HISTORY = 20
"""Subtasks of a session that are remembered."""
LONGEST_SIDE = 320
"""Of an image as it is shown [px]."""
QUALITY = 75
DIGITS = 5
"""Decimals of an action as it is shown."""


@dataclass(frozen=True, slots=True)
class Step:
    """A subtask that a session pursued.

    Attributes:
        text: In words.
        count: Its refresh count; None when the policy said it together with the actions.
        took_ns: Wall time of decoding [ns].
        at: When it was noticed [s since 1970].
    """

    text: str
    count: int | None
    took_ns: int
    at: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Seen:
    """What is known of a session; a new one whenever something is new.

    Attributes:
        session_id: Run of the robot or connection of the client.
        prompt: Instruction of the last request.
        at: When it was answered [s since 1970].
        features: What the policy saw; empty when nobody watched.
        chunk: The last one; None before the first.
        waited_ns: How long the last request waited for its turn [ns].
        error: Why the last answer was no chunk; empty if it was one.
        steps: Its subtasks, the newest last.
    """

    session_id: str
    prompt: str
    at: float
    features: Mapping[str, Any]
    chunk: Chunk | None
    waited_ns: int
    error: str = ''
    steps: tuple[Step, ...] = field(default=())


class Feed:
    """Remembers; from any thread.

    Images are kept only while somebody watches, so that nobody's memory is held for nobody.

    Args:
        subtask: What a session pursues now; None without a subtask.
    """

    def __init__(self, subtask: Callable[[str], CurrentSubtask | None]) -> None:
        self._subtask = subtask
        self._seen: dict[str, Seen] = {}
        self._watchers = 0
        self._lock = Lock()

    def answered(self, who: str, asked: Asked, answer: Chunk | Exception, waited_ns: int) -> None:
        """A request was answered; called by the inference thread, so nothing is converted here.

        Args:
            who: Robot or place of a client, as the scheduler knows it.
            asked: The request.
            answer: What became of it.
            waited_ns: How long it waited for its turn [ns].
        """
        session_id = asked.request.session_id
        current = self._subtask(session_id)
        with self._lock:
            old = self._seen.get(who)
            known = old if old and old.session_id == session_id else None
            chunk, error = (known.chunk if known else None, text_of(answer)) \
                if isinstance(answer, Exception) else (answer, '')
            new = Seen(
                session_id=session_id, prompt=asked.prompt, at=time.time(),
                features=asked.features if self._watchers else {}, waited_ns=waited_ns,
                chunk=chunk, error=error,
                steps=known.steps if known else ())
            self._seen[who] = new if error else _stepped(new, current)

    def look(self, who: str) -> Seen | None:
        """What is known of a session; the very same value while nothing is new."""
        seen = self._seen.get(who)
        current = self._subtask(seen.session_id) if seen else None
        with self._lock:
            if who not in self._seen:
                return None
            if self._seen[who] is seen:
                self._seen[who] = _stepped(seen, current)
            return self._seen[who]

    def forget(self, who: str) -> None:
        """A client is gone."""
        with self._lock:
            self._seen.pop(who, None)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While somebody watches."""
        with self._lock:
            self._watchers += 1
        try:
            yield
        finally:
            with self._lock:
                self._watchers -= 1
                if not self._watchers:
                    self._seen = {who: replace(seen, features={})
                                  for who, seen in self._seen.items()}


def shown(seen: Seen) -> dict[str, Any]:
    """A session as plain data for the page; takes milliseconds for each image."""
    chunk, step = seen.chunk, seen.steps[-1] if seen.steps else None
    return {
        'prompt': seen.prompt, 'at': seen.at, 'error': seen.error,
        'history': [{'text': s.text, 'count': s.count, 'at': s.at} for s in seen.steps],
        'images': {name: jpeg_url(value) for name, value in seen.features.items()
                   if is_image(value)},
        'chunk': chunk and {
            'number': chunk.chunk_number, 'first_timestep': chunk.first_timestep,
            'step_ms': chunk.step_ns / 1e6, 'names': chunk.names, 'units': chunk.units,
            'rows': chunk.actions.round(DIGITS).tolist()},
        'timings': {'inference_ms': chunk.inference_ns / 1e6 if chunk else None,
                    'subtask_ms': step.took_ns / 1e6 if step else None,
                    'waiting_ms': seen.waited_ns / 1e6}}


def is_image(value: Any) -> bool:
    """Whether a feature is a camera's picture."""
    return isinstance(value, np.ndarray) and value.ndim == 3 and value.dtype == np.uint8


def jpeg_url(image: np.ndarray) -> str:
    """A small JPEG as a data URL.

    Args:
        image: RGB, shape (H, W, 3).
    """
    picture = Image.fromarray(image)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, 'JPEG', quality=QUALITY)
    return 'data:image/jpeg;base64,' + base64.b64encode(buffer.getvalue()).decode()


def _stepped(seen: Seen, current: CurrentSubtask | None) -> Seen:
    """The same, with what is pursued now if that is new."""
    if current:
        step = Step(current.text, current.refresh_count, current.decoding_ns, time.time())
    elif seen.chunk and seen.chunk.subtask:
        step = Step(seen.chunk.subtask, None, 0, time.time())
    else:
        return seen
    if seen.steps and (seen.steps[-1].text, seen.steps[-1].count) == (step.text, step.count):
        return seen
    return replace(seen, steps=(*seen.steps, step)[-HISTORY:])
