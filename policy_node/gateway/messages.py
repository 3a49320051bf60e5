"""The request, the response and the refresh message, as values and as maps of plain data.

Field for field as `asyncapi.yaml` says. In text frames they are JSON; in binary frames msgpack, in
which images may also be bytes or arrays, and answers have arrays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.gateway.errors import BadRequest, kind_of, text_of
from policy_node.policies.openpi.wire import WireError, pack, unpack
from policy_node.policy import Decoding
from segue_core.chunk import Chunk

NUMBERS = 'iuf'
MIN_INTERVAL = 0.05
"""Shortest time between two refreshes that a client may ask for [s]."""
FIELDS = ('images', 'high_level_prompt', 'low_level_prompt', 'state', 'generate_subtask',
          'max_decoding_steps', 'temperature', 'subtask_refresh_interval', 'request_id')
BATCH = 'requests'


@dataclass(frozen=True, slots=True, eq=False)
class InferRequest:
    """One request for actions.

    Attributes:
        images: Client's name -> image as it was sent.
        state: Shape (N,); None without one.
        prompt: Instruction; empty for policy_node's own.
        low_level_prompt: Subtask that the client prescribes; empty for none.
        generate_subtask: Whether the policy chooses the subtask.
        decoding: How it does.
        refresh_interval: How often the subtask is to be renewed without being asked [s]; None for
            never.
        request_id: Comes back in the answer; None without one.
        ignored: Fields that mean nothing here.
    """

    images: Mapping[str, Any]
    state: NDArray[np.float64] | None
    prompt: str
    low_level_prompt: str
    generate_subtask: bool
    decoding: Decoding
    refresh_interval: float | None
    request_id: str | int | None
    ignored: tuple[str, ...]


def loads(frame: str | bytes) -> dict[str, Any]:
    """A frame as a map.

    Raises:
        BadRequest: It is none.
    """
    if isinstance(frame, bytes):
        try:
            return unpack(frame)
        except WireError as error:
            raise BadRequest(f'the frame is no msgpack: {error}') from error
    try:
        message = json.loads(frame, parse_constant=_refuse_constant)
    except BadRequest:
        raise
    except (ValueError, RecursionError) as error:
        raise BadRequest(f'the frame is no JSON: {error}') from error
    if not isinstance(message, dict):
        raise BadRequest(f'the frame must be an object, got a {type(message).__name__}; several '
                         'requests go into {"requests": [...]}')
    return message


def dumps(message: Mapping[str, Any], *, binary: bool) -> str | bytes:
    """A map as a frame; arrays become nested lists in JSON."""
    if binary:
        return pack(message)
    return json.dumps(message, default=lambda array: array.tolist(), allow_nan=False)


def batch_of(message: Mapping[str, Any], limit: int) -> Sequence[Any] | None:
    """The requests of a message with several; None when it is a single one.

    Raises:
        BadRequest: There are none, or more than ``limit``, or their id cannot be repeated.
    """
    if BATCH not in message:
        return None
    _request_id(message)
    requests = message[BATCH]
    if not isinstance(requests, list) or not requests:
        raise BadRequest(f'requests must be a list of at least one request, got {_shown(requests)}')
    if len(requests) > limit:
        raise BadRequest(f'requests has {len(requests)} entries, gateway.max_requests is {limit}; '
                         'send several messages')
    return requests


def request_of(message: Any) -> InferRequest:
    """Read and check one request.

    Raises:
        BadRequest: A field cannot be used.
    """
    if not isinstance(message, dict):
        raise BadRequest(f'a request must be an object, got {_shown(message)}')
    return InferRequest(
        images=_images(message.get('images')),
        state=_state(message.get('state')),
        prompt=_text(message, 'high_level_prompt'),
        low_level_prompt=_text(message, 'low_level_prompt'),
        generate_subtask=_flag(message, 'generate_subtask', True),
        decoding=_decoding(message),
        refresh_interval=_interval(message),
        request_id=_request_id(message),
        ignored=tuple(str(name) for name in message if name not in FIELDS))


def request_id_of(message: Any) -> str | int | None:
    """The id that the answer repeats, if the message has one that can be repeated."""
    given = message.get('request_id') if isinstance(message, dict) else None
    return given if isinstance(given, (str, int)) and not isinstance(given, bool) else None


@dataclass(frozen=True, slots=True)
class Pursued:
    """The subtask that actions were made for.

    Attributes:
        text: In words; empty without one.
        tokens: Token ids of the text.
        took_ns: Wall time of making it for this very request [ns]; 0 when it was there already.
        interval: How often it is renewed [s]; None for never.
    """

    text: str = ''
    tokens: tuple[int, ...] = ()
    took_ns: int = 0
    interval: float | None = None


def success(request: InferRequest, chunk: Chunk, subtask: Pursued, total_ns: int
            ) -> dict[str, Any]:
    """The answer to a request.

    Args:
        request: What was asked.
        chunk: The actions.
        subtask: What they were made for.
        total_ns: From the last byte of the request on [ns].
    """
    state = np.empty(0) if request.state is None else request.state
    action_ms, subtask_ms = chunk.inference_ns / 1e6, subtask.took_ns / 1e6
    answer = {
        'status': 'success', 'actions': chunk.actions[np.newaxis], 'subtask': subtask.text,
        'subtask_tokens': list(subtask.tokens), 'state': state,
        'timing': {'total_ms': action_ms + subtask_ms, 'action_ms': action_ms,
                   'subtask_ms': subtask_ms},
        'server_timing': {'total_ms': total_ns / 1e6},
        'subtask_refresh_enabled': subtask.interval is not None,
        'subtask_refresh_interval': subtask.interval}
    if request.ignored:
        answer['ignored_fields'] = list(request.ignored)
    return _with_id(answer, request.request_id)


def successes(answers: Sequence[Mapping[str, Any]], total_ns: int,
              request_id: str | int | None) -> dict[str, Any]:
    """The answer to several requests, in their order."""
    return _with_id({'responses': answers, 'server_timing': {'total_ms': total_ns / 1e6}},
                    request_id)


def failure(error: Exception, total_ns: int, request_id: str | int | None = None
            ) -> dict[str, Any]:
    """The answer to a request that went wrong."""
    return _with_id({'status': 'error', 'error': text_of(error), 'error_type': kind_of(error),
                     'server_timing': {'total_ms': total_ns / 1e6}}, request_id)


def _with_id(answer: dict[str, Any], request_id: str | int | None) -> dict[str, Any]:
    return answer if request_id is None else {**answer, 'request_id': request_id}


def refresh(text: str, tokens: Sequence[int], count: int, timestamp: float) -> dict[str, Any]:
    """A subtask that was renewed.

    Args:
        text: Of the subtask.
        tokens: Of the subtask.
        count: How often it was renewed.
        timestamp: When [s since 1970].
    """
    return {'type': 'subtask_refresh', 'subtask': text, 'subtask_tokens': list(tokens),
            'refresh_count': count, 'timestamp': timestamp}


def metadata(policy: Mapping[str, Any]) -> dict[str, Any]:
    """What a client is told that waits for metadata when it has connected."""
    return {'type': 'metadata', **policy}


def text_in(field: str, value: Any) -> str:
    """Text that a ROS message can carry.

    Raises:
        BadRequest: It is none.
    """
    if not isinstance(value, str):
        raise BadRequest(f'{field} must be text, got {_shown(value)}')
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadRequest(f'{field} must be text in Unicode: {error.reason}') from error
    return value


def vector_of(field: str, value: Any) -> NDArray[np.float64]:
    """Finite numbers in a row, shape (N,).

    Raises:
        BadRequest: It is something else.
    """
    try:
        numbers = np.array(value)
    except (ValueError, OverflowError, RecursionError) as error:
        raise BadRequest(f'{field} must be a list of numbers: {error}') from error
    if numbers.ndim != 1 or not numbers.size or numbers.dtype.kind not in NUMBERS:
        got = f'{numbers.dtype} of shape {numbers.shape}' if numbers.ndim else _shown(value)
        raise BadRequest(f'{field} must be a list of numbers, got {got}')
    if not np.isfinite(numbers).all():
        raise BadRequest(f'{field} must be finite, entry {int(np.argmin(np.isfinite(numbers)))} is '
                         'not')
    return numbers.astype(np.float64)


def _refuse_constant(name: str) -> Any:
    raise BadRequest(f'the frame has {name}, which is no number of JSON; send finite numbers')


def _images(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise BadRequest(f'images must be an object of name -> image, got {_shown(value)}')
    return value


def _state(value: Any) -> NDArray[np.float64] | None:
    """A stock client without a state sends none, null or an empty list."""
    return None if value is None or (isinstance(value, list) and not value) \
        else vector_of('state', value)


def _text(message: Mapping[str, Any], field: str) -> str:
    value = message.get(field)
    return '' if value is None else text_in(field, value)


def _request_id(message: Mapping[str, Any]) -> str | int | None:
    given, repeated = message.get('request_id'), request_id_of(message)
    if given is not None and repeated is None:
        raise BadRequest(f'request_id must be text or a whole number, got {_shown(given)}')
    return repeated


def _flag(message: Mapping[str, Any], field: str, default: bool) -> bool:
    value = message.get(field, default)
    if not isinstance(value, bool):
        raise BadRequest(f'{field} must be true or false, got {_shown(value)}')
    return value


def _number(message: Mapping[str, Any], field: str, default: float, low: float, high: float
            ) -> float:
    value = message.get(field, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise BadRequest(f'{field} must be a number {low:g}..{high:g}, got {_shown(value)}')
    return value


def _decoding(message: Mapping[str, Any]) -> Decoding:
    default = Decoding()
    steps = _number(message, 'max_decoding_steps', default.max_decoding_steps, 1, 1024)
    if steps != int(steps):
        raise BadRequest(f'max_decoding_steps must be a whole number, got {steps}')
    return Decoding(max_decoding_steps=int(steps), temperature=float(
        _number(message, 'temperature', default.temperature, 0, 10)))


def _interval(message: Mapping[str, Any]) -> float | None:
    if message.get('subtask_refresh_interval') is None:
        return None
    return float(_number(message, 'subtask_refresh_interval', 0, MIN_INTERVAL, 3600))


def _shown(value: Any) -> str:
    """A value as errors show it: short, and of large ones the kind alone."""
    if isinstance(value, (list, dict, bytes)):
        return f'a {type(value).__name__} of length {len(value)}'
    if isinstance(value, np.ndarray):
        return f'an array of {value.dtype} and shape {value.shape}'
    text = repr(value)
    return text if len(text) <= 60 else f'{text[:57]}...'
