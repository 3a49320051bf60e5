"""What the session log keeps of one control step. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One run of a bridge, which has a folder of its own.

    Attributes:
        session_id: Of the bridge.
        episode_id: Counts the sessions of this log from 0.
        describe: More for metadata.json, as far as it is known then: config_name,
            checkpoint_dir, default_prompt, config. Called on the writing thread.
    """

    session_id: str
    episode_id: int
    describe: Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One control step.

    Attributes:
        session: That it belongs to.
        index: Counts the control steps of the session from 0; a gap is a frame that was dropped.
        timestamp: When it was heard of [s since 1970].
        state: Robot state before the action, shape (S,).
        action: What the robot was commanded, shape (D,).
        prompt: Instruction.
        images: Camera name -> RGB image (H, W, 3) uint8, or the bytes of a JPEG.
        latency_ms: From request to chunk for the chunk that came in this step [ms]; None without.
        extra_info: Anything else, to be written as JSON.
    """

    session: Session
    index: int
    timestamp: float
    state: NDArray[np.float64]
    action: NDArray[np.float64]
    prompt: str
    images: Mapping[str, NDArray[np.uint8] | bytes]
    latency_ms: float | None
    extra_info: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Unusable:
    """Control steps of which no frame can be made.

    Attributes:
        session: That they belong to.
        reason: Why.
        frames: How many.
    """

    session: Session
    reason: str
    frames: int = 1
