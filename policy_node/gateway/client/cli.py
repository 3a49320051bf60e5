"""`ros2 run segue client`: ask a gateway from the command line."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from policy_node.gateway.client.asynchronous import AsyncClient
from policy_node.gateway.client.images import ENCODINGS, ImageError, load_image, random_image
from policy_node.gateway.client.values import Answer, ClientError, Refresh, Refused

RANDOM_SIZE = 224
TOKEN_VARIABLE = 'SEGUE_GATEWAY_TOKEN'


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask and print.

    Returns:
        Exit code: 0 when all requests were answered with actions, else 1.
    """
    options = _parser().parse_args(_joined(sys.argv[1:] if arguments is None else arguments))
    try:
        request = _request(options)
        return asyncio.run(_run(options, request))
    except (ClientError, ImageError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='client', description='Ask the gateway of policy_node for actions.')
    parser.add_argument('--url', default='ws://127.0.0.1:8000')
    parser.add_argument('--token', default=os.environ.get(TOKEN_VARIABLE, ''),
                        help=f'default: the environment variable {TOKEN_VARIABLE}')
    parser.add_argument('--image', action='append', default=[], metavar='NAME=FILE',
                        help='once for each image; NAME alone together with --random-images')
    parser.add_argument('--random-images', action='store_true',
                        help='send noise for the names without a file')
    parser.add_argument('--state', type=_numbers, help='numbers with commas between them')
    parser.add_argument('--prompt', default='', help='instruction')
    parser.add_argument('--subtask', default='', help='pursue this; the policy chooses none')
    parser.add_argument('--max-decoding-steps', type=int, default=25)
    parser.add_argument('--temperature', type=float, default=0.1)
    parser.add_argument('--refresh-interval', type=float, help='renew the subtask so often [s]')
    parser.add_argument('--listen', action='store_true',
                        help='stay and print renewed subtasks; Ctrl-C ends it')
    parser.add_argument('--batch', type=_at_least(1), default=1, metavar='N',
                        help='send the request N times in one message')
    parser.add_argument('--repeat', type=_at_least(1), default=1, metavar='N',
                        help='send N messages')
    parser.add_argument('--encoding', choices=tuple(ENCODINGS), default='msgpack')
    parser.add_argument('--image-size', type=_at_least(0), default=0,
                        help='resize images to this [px]; 0 leaves them as they are')
    parser.add_argument('--timeout', type=_seconds, default=30.0, help='for one message [s]')
    return parser


def _joined(arguments: Sequence[str]) -> list[str]:
    """``--state -1,2`` as ``--state=-1,2``: what begins with a minus is an option to argparse."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] == '--state':
            joined[-1] += f'={argument}'
        else:
            joined.append(argument)
    return joined


def _at_least(low: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or int(text) < low:
            raise argparse.ArgumentTypeError(f'must be a whole number >= {low}, got {text!r}')
        return int(text)

    return whole


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float('inf'):
        raise argparse.ArgumentTypeError(f'must be a number of seconds > 0, got {text!r}')
    return seconds


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(',')]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'must be numbers with commas between them, got {text!r}'
                                         ) from error


def _request(options: argparse.Namespace) -> dict[str, Any]:
    """Arguments of `AsyncClient.infer`; images are loaded before anything is sent."""
    images = {}
    for number, entry in enumerate(options.image):
        name, _, file = entry.partition('=')
        if not file and not options.random_images:
            raise ImageError(f'--image {entry!r} has no file; give NAME=FILE, or --random-images')
        if name in images:
            raise ImageError(f'--image {name!r} was given twice')
        images[name] = load_image(file) if file else random_image(RANDOM_SIZE, number)
    return {'images': images, 'state': options.state, 'high_level_prompt': options.prompt,
            'low_level_prompt': options.subtask, 'generate_subtask': not options.subtask,
            'max_decoding_steps': options.max_decoding_steps, 'temperature': options.temperature,
            'subtask_refresh_interval': options.refresh_interval}


async def _run(options: argparse.Namespace, request: dict[str, Any]) -> int:
    failed, times = 0, []
    async with AsyncClient(options.url, token=options.token, timeout=options.timeout,
                           encoding=options.encoding, image_size=options.image_size) as client:
        listening = asyncio.ensure_future(client.listen_for_refresh_messages(_tell_refresh))
        for _ in range(options.repeat):
            if options.batch > 1:
                answers = await client.batch([request] * options.batch)
            else:
                answers = [await client.infer(**request)]
            for answer in answers:
                failed += isinstance(answer, Refused)
                _tell(answer)
            times += [a.timing['client_ms'] for a in answers if isinstance(a, Answer)]
        if len(times) > 1:
            p50, p99 = np.percentile(times, (50, 99))
            print(f'{len(times)} answers: p50 {p50:.1f} ms, p99 {p99:.1f} ms, '
                  f'{client.retries} asked again, {client.reconnects} reconnects')
        if options.listen:
            await listening
        listening.cancel()
    return 1 if failed else 0


def _tell(answer: Answer | Refused) -> None:
    if isinstance(answer, Refused):
        print(f'error: {answer.kind}: {answer}')
        return
    rows, columns = answer.actions.shape
    first = ' '.join(f'{value:.4g}' for value in answer.actions[0])
    subtask = f', subtask {answer.subtask!r}' if answer.subtask else ''
    print(f'{rows} rows of {columns} columns{subtask}; row 0: {first}')
    print('  ' + ', '.join(f'{name} {ms:.1f}' for name, ms in answer.timing.items()))
    if answer.ignored_fields:
        print(f'  ignored: {", ".join(answer.ignored_fields)}')


def _tell_refresh(refresh: Refresh) -> None:
    print(f'subtask {refresh.refresh_count}: {refresh.subtask!r}', flush=True)
