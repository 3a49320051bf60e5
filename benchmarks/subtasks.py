"""Action inference with and without refreshes of the subtask. Budget: p99 at most 1.1 x without.

Run: python benchmarks/subtasks.py [--policy P --checkpoint C] [--interval S] [--period S].
One robot asks for a chunk every `--period` seconds (0: as soon as it has the last one). Blocks with
refreshes every `--interval` seconds and blocks without take turns in one run, so that whatever else
the machine does meets both alike; one pair of blocks is left out as warm-up. Timed is what the
robot waits for: from the request to the chunk, with the wait until a decoding gives way.

On a machine whose cores are all busy most of that is waiting for a core, and a process that decodes
beside its actions gets one later. So the same time is also shown without the time that the thread
was ready to run and had no core.

The default policy is a stand-in of two levels: matrix products in torch, `--tokens` small ones for
a subtask. Another one is loaded as policy_node does, and sees noise in the shape that the contract
of config/libero.yaml says.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from policy_node.policy import (
    Decoding,
    Observation,
    PolicyConfig,
    PolicyMetadata,
    Prediction,
    Subtask,
)
from policy_node.server import PolicyServer
from policy_node.subtasks import SubtaskKeeper, SubtaskSettings
from segue_core.chunk import Request
from segue_core.contract import Contract
from segue_evaluation.settings import default_params_file, read_settings

WIDTH, LAYERS, FLOW_STEPS, ROWS = 768, 6, 8, 24
IMAGE = (128, 128, 3)
PERCENTILES = (50, 90, 99)


class StandIn:
    """Acts in `FLOW_STEPS` passes over `ROWS` rows, thinks in one pass over one row a token."""

    def __init__(self, config: PolicyConfig) -> None:
        self.metadata = PolicyMetadata('stand-in', config.action_names, config.action_units,
                                       config.actions_per_chunk, ('state',))
        made = torch.Generator().manual_seed(0)
        self._layers = [torch.randn(WIDTH, WIDTH, generator=made) / WIDTH ** 0.5
                        for _ in range(LAYERS)]

    def infer(self, observation: Observation, prefix: np.ndarray, delay: float) -> Prediction:
        """Nothing useful, at a model's cost."""
        with torch.inference_mode():
            rows = torch.zeros(ROWS, WIDTH)
            for _ in range(FLOW_STEPS):
                rows = self._pass(rows)
        shape = self.metadata.horizon, len(self.metadata.action_names)
        return Prediction(np.full(shape, float(rows[0, 0])))

    def subtask(self, observation: Observation, decoding: Decoding, give_way: Any) -> Subtask:
        """As many tokens as allowed."""
        made = torch.Generator().manual_seed(decoding.seed)
        row, tokens = torch.zeros(1, WIDTH), []
        with torch.inference_mode():
            for _ in range(decoding.max_decoding_steps):
                row = self._pass(row)
                tokens.append(int(torch.multinomial(torch.softmax(row[0], 0), 1, generator=made)))
                give_way()
        return Subtask(' '.join(map(str, tokens)), tuple(tokens))

    def reset(self, session_id: str) -> None:
        """Nothing is remembered."""

    def _pass(self, rows: torch.Tensor) -> torch.Tensor:
        for layer in self._layers:
            rows = torch.tanh(rows @ layer)
        return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--policy', default='subtasks:StandIn')
    parser.add_argument('--checkpoint', default='')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--interval', type=float, default=0.5, help='between refreshes [s]')
    parser.add_argument('--period', type=float, default=0.2, help='between requests [s]')
    parser.add_argument('--tokens', type=int, default=25)
    parser.add_argument('--blocks', type=int, default=40, help='of each kind')
    parser.add_argument('--requests', type=int, default=25, help='in a block')
    parser.add_argument('--threads', type=int, default=1, help='of torch')
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    contract, server = load(options)
    robot = Robot(server, contract, options.period)
    on = SubtaskSettings(
        generate_subtask=True, subtask_refresh_interval=options.interval,
        max_decoding_steps=options.tokens, temperature=0.1, subtask_early_refresh=False)
    off = replace(on, subtask_refresh_interval=0.0)
    took: dict[str, list[tuple[float, float]]] = {'off': [], 'on': []}
    for block in range(options.blocks + 1):
        for name, settings in (('off', off), ('on', on))[::1 if block % 2 else -1]:
            server.subtasks.settings = settings
            measured = robot.ask(options.requests)
            if block:
                took[name] += measured
    report(server, took, options)


def load(options: argparse.Namespace) -> tuple[Contract, PolicyServer]:
    """The policy, and what it sees."""
    given = {'policy': options.policy, 'device': options.device, 'checkpoint': options.checkpoint}
    settings = read_settings(default_params_file(), given)
    server = PolicyServer(settings.policy, SubtaskKeeper())
    server.load(settings.policy)
    return settings.contract, server


class Robot:
    """Asks for one chunk after the other.

    Args:
        server: Who answers.
        contract: What is seen.
        period: Between two requests [s].
    """

    def __init__(self, server: PolicyServer, contract: Contract, period: float) -> None:
        assert server.policy is not None
        random = np.random.default_rng(0)
        self._server, self._period = server, period
        self._features = {
            name: np.zeros(columns) if columns else random.integers(0, 256, IMAGE, dtype=np.uint8)
            for name, columns in contract.features.items()
            if name in server.policy.metadata.features}
        names = server.policy.metadata.action_names
        self._request = Request(
            session_id='robot', session_start_ns=0, request_id=0, stamp_ns=0, timestep=0,
            task='tidy up the table', must_go=True, queue_size=0, estimated_delay=0.0,
            deadline_ns=1, names=names, prefix=np.empty((0, len(names))))

    def ask(self, count: int) -> list[tuple[float, float]]:
        """Ask so often; time of each chunk, and that without waiting for a core [ms]."""
        took = []
        for k in range(count):
            began, queued = time.perf_counter_ns(), queued_ns()
            request = replace(self._request, stamp_ns=began, request_id=k)
            self._server.infer(request, self._features, self._request.task)
            wall_ns, queue_ns = time.perf_counter_ns() - began, queued_ns() - queued
            took.append((wall_ns / 1e6, (wall_ns - queue_ns) / 1e6))
            time.sleep(max(0.0, self._period - wall_ns / 1e9))
        return took


def queued_ns() -> int:
    """How long this thread was ready to run without a core so far [ns]; Linux only."""
    return int(Path('/proc/thread-self/schedstat').read_text().split()[1])


def report(server: PolicyServer, took: dict[str, list[tuple[float, float]]],
           options: argparse.Namespace) -> None:
    """Print the figures and their ratios."""
    figures = server.subtasks.figures()
    assert server.policy is not None
    print(f'{server.policy.metadata.name}: {len(took["on"])} chunks of each kind, '
          f'one every {options.period} s, refresh every {options.interval} s')
    for column, what in enumerate(('time', 'without run queue')):
        off, on = (np.percentile([times[column] for times in took[name]], PERCENTILES)
                   for name in ('off', 'on'))
        print(f'  {what}, refresh off: {line(off, " ms")}')
        print(f'  {what}, refresh on:  {line(on, " ms")}')
        print(f'  {what}, on / off:    {line(on / off)}')
    print(f'  {figures.decoded} subtasks, the newest in {figures.decoding_ms:.1f} ms; '
          f'{figures.failures} failed; wait for a decoding to give way p99 '
          f'{figures.gate_wait_p99_ms:.2f} ms')


def line(values: np.ndarray, unit: str = '') -> str:
    """Percentiles for people."""
    return ', '.join(f'p{p} {value:.3f}{unit}'
                     for p, value in zip(PERCENTILES, values, strict=True))


if __name__ == '__main__':
    main()
