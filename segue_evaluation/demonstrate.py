"""`ros2 run segue demonstrate`: the scripted expert writes demonstrations."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import active_children, get_context
from pathlib import Path

from tqdm import tqdm

from policy_node.policies.reference import Params
from policy_node.policy import PolicyConfig, PolicyError
from policy_node.server import PolicyServer
from robot_bridge.driver import DriverError
from segue_core.parameters import ParameterError
from segue_core.plugins import PluginError
from segue_evaluation.demonstrations import DISTURBANCES, Recorder, record, save
from segue_evaluation.disturbance import Disturbed
from segue_evaluation.rollout import Rollout
from segue_evaluation.settings import default_params_file, read_settings
from segue_evaluation.student import Student

IMAGES = ('agentview', 'wrist')
BLOCK = 10
"""Episodes of one task that are recorded before the next task: opening one takes seconds."""


@dataclass(frozen=True, slots=True)
class Job:
    """Some episodes of one task.

    Attributes:
        params_file: Contract and nodes' parameters.
        out: Folder to write into.
        suite: Benchmark suite.
        task_id: Task within it.
        seeds: One for each episode.
        horizon: Rows of a chunk.
        every: Control steps from one observation to the next.
        image_size: Width and height of the images [px].
        max_steps: Control steps of the expert after which an episode has failed.
        student: Checkpoint of the reference policy that drives first; empty for none.
        student_steps: Control steps after which the expert takes over at the latest.
    """

    params_file: Path
    out: Path
    suite: str
    task_id: int
    seeds: tuple[int, ...]
    horizon: int
    every: int
    image_size: int
    max_steps: int
    student: str
    student_steps: int

    def path(self, seed: int) -> Path:
        """File of an episode."""
        return self.out / f'{self.suite}-{self.task_id:02d}-{seed:05d}.npz'


def main(arguments: Sequence[str] | None = None) -> int:
    """Write demonstrations; the exit code."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        kept, failed = run(list(_jobs(options)), options.processes)
    except (DriverError, PolicyError, ParameterError, PluginError, OSError) as error:
        print(f'demonstrate: error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nstopped; the same command goes on', file=sys.stderr)
        return 130
    print(f'{kept} episodes kept in {options.out}, {failed} failed and were left out')
    return 0


def run(jobs: Sequence[Job], processes: int) -> tuple[int, int]:
    """Record all episodes that are not there yet; how many were kept, how many failed."""
    kept = failed = 0
    total = sum(len(job.seeds) for job in jobs)
    with (tqdm(total=total, unit='episode', smoothing=0.05) as bar,
          ProcessPoolExecutor(processes, mp_context=get_context('spawn')) as pool):
        pending = [pool.submit(record_job, job) for job in jobs]
        try:
            for done in as_completed(pending):
                success, failure = done.result()
                kept, failed = kept + success, failed + failure
                bar.update(success + failure)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in active_children():
                worker.terminate()      # episodes are written whole or not at all
            raise
    return kept, failed


def record_job(job: Job) -> tuple[int, int]:
    """Record the episodes of a job; how many succeeded and were kept, how many failed."""
    settings = read_settings(job.params_file, {
        'libero.suite': job.suite, 'libero.task_id': job.task_id,
        'libero.image_size': job.image_size, 'policy': 'expert',
        'actions_per_chunk': job.horizon, 'inference_delay': 0,
        'aggregate_fn_name': 'latest_only',
        'chunk_size_threshold': (job.horizon - job.every) / job.horizon})
    recorder = Recorder(_loaded(settings.policy), IMAGES)
    if job.student:
        recorder.student = Student(_loaded(replace(
            settings.policy, policy='reference', checkpoint=job.student,
            params=Params(rtc='guided'))), job.student_steps)
    robot = Disturbed(settings.make_simulator(), DISTURBANCES[0])
    robot.connect()
    rollout = Rollout(robot, recorder.infer, settings.contract, settings.bridge, settings.shaping)
    kept = 0
    for seed in job.seeds:
        outcome, observed = record(rollout, robot, recorder, seed, job.max_steps)
        if outcome.success:
            save(job.path(seed), outcome, observed, seed)
            kept += 1
    robot.disconnect()
    return kept, len(job.seeds) - kept


def _loaded(config: PolicyConfig) -> PolicyServer:
    server = PolicyServer(config)
    server.load(config)
    return server


def _jobs(options: argparse.Namespace) -> Iterator[Job]:
    """Jobs in the order in which they are done: all tasks get some episodes early."""
    seeds = range(options.first_seed, options.first_seed + options.episodes)
    for block in range(0, len(seeds), BLOCK):
        for task_id in options.tasks:
            job = Job(options.params_file, options.out, options.suite, task_id,
                      tuple(seeds[block:block + BLOCK]), options.horizon, options.every,
                      options.image_size, options.max_steps, options.student,
                      options.student_steps)
            missing = tuple(seed for seed in job.seeds if not job.path(seed).exists())
            if missing:
                yield replace(job, seeds=missing)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='demonstrate', description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add('--out', type=Path, required=True, help='folder for the episodes (npz)')
    add('--suite', default='libero_object')
    add('--tasks', type=int, nargs='+', default=[0, 1, 2, 3, 4])
    add('--episodes', type=int, default=100, help='attempts for each task')
    add('--first-seed', type=int, default=0, help='seed of the first episode; others follow')
    add('--horizon', type=int, default=32, help='rows of a chunk')
    add('--every', type=int, default=4, help='control steps between observations')
    add('--image-size', type=int, default=128, help='[px]')
    add('--max-steps', type=int, default=260, help='control steps of the expert at most')
    add('--student', default='', help='checkpoint that drives first, until the expert takes over '
        'and shows how to mend it (DAgger)')
    add('--student-steps', type=int, default=128, help='control steps after which the expert takes '
        'over at the latest')
    add('--processes', type=int, default=2, help='simulators that run at the same time')
    add('--params-file', type=Path, default=default_params_file())
    return parser


if __name__ == '__main__':
    sys.exit(main())
