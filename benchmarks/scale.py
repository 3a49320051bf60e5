"""How throughput of policy `ray` grows with replicas and batches. Needs the extra `ray`.

Run: python benchmarks/scale.py [--robots N] [--seconds S]. A Ray on this machine's loopback serves
a policy that waits 50 ms for a batch of any size, as a GPU makes a CPU wait. N robots, each with a
client of its own, ask again as soon as they have an answer. The first row is the unit of the
others: where the CPU is busy otherwise only the ratios mean something. The last row waits 0 ms:
what proxy, replicas and robots on this machine can do at most.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

TEST = str(Path(__file__).parents[1] / 'test')
STEP_NS = 50_000_000
SETTINGS = (('0.05', 1, 1, True), ('0.05', 2, 1, True), ('0.05', 2, 1, False),
            ('0.05', 1, 4, True), ('0.05', 2, 4, True), ('0.05', 2, 4, False),
            ('0.0', 2, 16, True))
"""Wait [s], replicas, largest batch, sessions stay on their replica."""


def main() -> None:
    """Start Ray, measure each setting, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--robots', type=int, default=32)
    parser.add_argument('--seconds', type=float, default=10.0, help='for each setting [s]')
    options = parser.parse_args()
    os.environ |= {'PYTHONPATH': TEST, 'RAY_agent_register_timeout_ms': '300000'}
    sys.path.insert(0, TEST)
    from ray import serve

    from policy_node.policies.ray.app import Arguments, build
    from policy_node.policies.ray.cli import start
    with socket.create_server(('127.0.0.1', 0)) as probe:
        port = probe.getsockname()[1]
    start('', '127.0.0.1', port)
    url, unit = f'http://127.0.0.1:{port}/segue', 0.0
    print('wait  replicas  batch  sticky   answers/s   ratio   batches   p50 ms  refused')
    for wait, replicas, batch, sticky in SETTINGS:
        with tempfile.TemporaryDirectory() as folder:
            serve.run(build(Arguments(params_file=parameters(Path(folder), wait, batch),
                                      replicas=replicas, num_cpus=0.01, sticky=sticky)),
                      name='segue', route_prefix='/segue')
            rate, size, p50, refused = measure(url, options.robots, options.seconds)
        unit = unit or rate
        print(f'{wait:5} {replicas:8} {batch:6}  {sticky!s:6} {rate:10.1f} {rate / unit:8.2f} '
              f'{size:8.2f} {p50:8.0f} {refused:8}', flush=True)
    serve.shutdown()


def parameters(folder: Path, wait: str, batch: int) -> str:
    """Write the parameter file of a policy that waits."""
    from policies_for_tests import Waiting
    file = folder / 'parameters.yaml'
    file.write_text(yaml.safe_dump({'/**': {'ros__parameters': {
        'policy': 'policies_for_tests:Waiting', 'config': wait, 'checkpoint': '0',
        'actions_per_chunk': 50, 'max_batch_size': batch, 'contract': {
            'control_rate': 1e9 / STEP_NS, 'observations': ['state'],
            'state': {'topic': 'joint_states', 'type': 'sensor_msgs/msg/JointState',
                      'names': ['joint']},
            'actions': list(Waiting.COLUMNS), 'action_units': ['1'] * len(Waiting.COLUMNS)}}}}))
    return str(file)


def measure(url: str, robots: int, seconds: float) -> tuple[float, float, float, int]:
    """Let robots ask for a while.

    Returns:
        Answers in a second, mean batch size, median round trip [ms], refusals.
    """
    from policies_for_tests import Waiting

    from policy_node.policies.ray import Params, create
    from policy_node.policy import PolicyConfig
    clients = [create(PolicyConfig('ray', 50, STEP_NS, Waiting.COLUMNS,
                                   ('1',) * len(Waiting.COLUMNS),
                                   params=Params(url=url, timeout=30.0))) for _ in range(robots)]
    took: list[float] = []
    sizes: list[float] = []
    refused: list[str] = []
    warm, end = time.monotonic() + 2.0, time.monotonic() + 2.0 + seconds

    def robot(client: Any) -> None:
        for began, answer in asked(client, end):
            if isinstance(answer, Exception):
                refused.append(str(answer))
            elif began > warm:
                took.append(time.monotonic() - began)
                sizes.append(answer.actions[0, 1])

    threads = [threading.Thread(target=robot, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    return (len(took) / seconds, len(sizes) / sum(1 / size for size in sizes),
            1e3 * statistics.median(took), len(refused))


def asked(client: Any, end: float) -> Iterator[tuple[float, Any]]:
    """Questions of one robot, one after the other: when it was asked, and what came."""
    from policy_node.policy import Observation, PolicyError
    seen = Observation(0, 0, '', {'state': np.zeros(1)}, 'robot')
    while (began := time.monotonic()) < end:
        try:
            yield began, client.infer(seen, np.empty((0, 4)), 0.0)
        except PolicyError as error:
            yield began, error


if __name__ == '__main__':
    main()
