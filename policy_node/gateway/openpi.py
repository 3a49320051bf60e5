"""openpi's protocol, the server's side: metadata first, then an answer to each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.gateway.errors import BadRequest
from policy_node.policy import PolicyMetadata
from segue_core.chunk import Chunk

PROMPT_KEY = 'prompt'


def metadata(policy: PolicyMetadata | None) -> dict[str, Any]:
    """What a client is told when it connects; a map of our own choice."""
    if policy is None:
        return {}
    return {'policy': policy.name, 'action_names': list(policy.action_names),
            'action_units': list(policy.action_units), 'horizon': policy.horizon,
            'features': list(policy.features)}


def prompt_of(message: Mapping[Any, Any]) -> str:
    """The instruction; empty for policy_node's own.

    Raises:
        BadRequest: It is no text.
    """
    prompt = message.get(PROMPT_KEY, '')
    if not isinstance(prompt, str):
        raise BadRequest(f'{PROMPT_KEY} must be text, got {type(prompt).__name__}')
    return str(prompt)


def reply(chunk: Chunk, state: NDArray[np.float64] | None, total_ns: int, previous_ns: int | None
          ) -> dict[str, Any]:
    """The answer to a request.

    Args:
        chunk: The actions.
        state: What was asked with; None without one.
        total_ns: From the last byte of the request on [ns].
        previous_ns: The same of the request before, its answer sent [ns]; None without one.
    """
    timing = {'infer_ms': total_ns / 1e6}
    if previous_ns is not None:
        timing['prev_total_ms'] = previous_ns / 1e6
    answer: dict[str, Any] = {
        'actions': chunk.actions.astype(np.float32),
        'policy_timing': {'infer_ms': chunk.inference_ns / 1e6}, 'server_timing': timing}
    if state is not None:
        answer['state'] = state
    return answer
