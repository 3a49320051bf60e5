"""Episodes in parallel processes, each with its own simulator and policy."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from policy_node.policy import PolicyError
from robot_bridge.driver import DriverError
from segue_core.parameters import ParameterError
from segue_core.plugins import PluginError
from segue_evaluation.plan import Episode, Plan
from segue_evaluation.rows import Row

if TYPE_CHECKING:
    from segue_evaluation.episode import EpisodeRunner

GRACE = 10.0
"""How long a worker that was told to end may take [s]."""


class WorkerError(RuntimeError):
    """An episode could not be run; the message says why."""


def run_blocks(plan: Plan, blocks: Sequence[Sequence[Episode]], processes: int
               ) -> Generator[Row]:
    """Run blocks of episodes; rows come as the episodes end, in no particular order.

    Close the iterator to stop the workers.

    Args:
        plan: What all episodes have in common.
        blocks: Each is run by one worker, in order.
        processes: Workers at most.

    Raises:
        WorkerError: An episode could not be run, or a worker died; the others are stopped.
    """
    filming = any(episode.film for block in blocks for episode in block)
    waiting = list(reversed(blocks))
    workers: dict[Connection, BaseProcess] = {}
    everyone: list[BaseProcess] = []
    try:
        while waiting and len(workers) < processes:
            connection, process = _start(plan, filming)
            everyone.append(process)
            workers[connection] = process
            connection.send(waiting.pop())
        while workers:
            for connection in _ready(workers):
                answer = _receive(connection, workers[connection])
                if isinstance(answer, Row):
                    yield answer
                elif waiting:
                    connection.send(waiting.pop())
                else:
                    connection.close()      # the worker takes it as the end
                    workers.pop(connection).join(GRACE)
    finally:
        for process in everyone:
            process.terminate()
            process.join()


def _start(plan: Plan, filming: bool) -> tuple[Connection, BaseProcess]:
    context = get_context('spawn')
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, plan, filming), daemon=True)
    # The terminal sends Ctrl-C to the workers too; they inherit that it is ignored here.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, handler)
    theirs.close()
    return ours, process


def _ready(connections: Iterable[Connection]) -> list[Connection]:
    """Those that have something to say, once there are any."""
    ready = wait(list(connections))
    return [connection for connection in connections if connection in ready]


def _receive(connection: Connection, process: BaseProcess) -> Row | None:
    """A row, or None when a block is done."""
    try:
        answer = connection.recv()
    except EOFError:
        process.join()
        raise WorkerError(f'a worker process ended with exit code {process.exitcode}; if memory is '
                          'short use fewer --processes. The same command goes on') from None
    if isinstance(answer, str):
        raise WorkerError(answer)
    return answer


def _work(connection: Connection, plan: Plan, filming: bool) -> None:
    """Run blocks until the other side hangs up; it does so too when it dies."""
    os.environ['OMP_NUM_THREADS'] = '1'     # before torch is there: it reads it once
    from segue_evaluation.episode import EpisodeRunner
    runner = EpisodeRunner(plan, filming=filming)
    try:
        while True:
            for episode in connection.recv():
                connection.send(_answer(runner, episode))
            connection.send(None)
    except (EOFError, OSError):
        pass
    finally:
        runner.close()


def _answer(runner: EpisodeRunner, episode: Episode) -> Row | str:
    """The row of an episode, or why there is none."""
    try:
        return runner.run(episode)
    except (DriverError, PolicyError, ParameterError, PluginError) as error:
        return str(error) or type(error).__name__
    except OSError as error:    # of a file or server of the policy, or of a film
        return f'{type(error).__name__}: {error}'
