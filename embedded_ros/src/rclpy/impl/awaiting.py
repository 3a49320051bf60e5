"""Callbacks that may be coroutine functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


async def await_or_execute(callback: Callable[..., Any], *args: Any) -> Any:
    """Call a function, or await a coroutine function."""
    if inspect.iscoroutinefunction(callback):
        return await callback(*args)
    return callback(*args)
