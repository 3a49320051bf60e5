"""Callbacks that are called once; methods are held weakly."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakMethod


class CallbackList:
    """Callbacks to call once, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._references: list[Callable[[], Callable[[], Any] | None]] = []

    def add(self, callback: Callable[[], Any]) -> None:
        """Add a callback; a bound method is dropped when its object dies."""
        with self._lock:
            self._references.append(
                WeakMethod(callback, self._discard)
                if inspect.ismethod(callback)
                else lambda: callback
            )

    def _discard(self, reference: Callable[[], Any]) -> None:
        self._references = [known for known in self._references if known is not reference]

    def call(self) -> None:
        """Call all and forget them."""
        with self._lock:
            references, self._references = self._references, []
        for reference in references:
            if (callback := reference()) is not None:
                callback()
