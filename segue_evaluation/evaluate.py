"""`ros2 run segue evaluate`: task success of a policy under asynchrony, by mode and delay."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from policy_node.policy import PolicyConfig, PolicyError
from segue_core.parameters import ParameterError, refuse_unknown
from segue_core.paths import resolve
from segue_core.plugins import PluginError
from segue_evaluation import record, rows
from segue_evaluation.arguments import parse
from segue_evaluation.delays import read_delay
from segue_evaluation.modes import Chunking, find_modes
from segue_evaluation.plan import Episode, Plan, blocks, episodes, without
from segue_evaluation.settings import (
    continuations,
    default_params_file,
    given_parameters,
    known_parameters,
    policy_parameters,
    read_settings,
)
from segue_evaluation.stats import in_order, summarize
from segue_evaluation.table import table
from segue_evaluation.watched import EVERY
from segue_evaluation.workers import WorkerError, run_blocks

ROWS = 'episodes.csv'
FILMS = 'films'
QUIET_INTERVAL = 30.0
"""Time between two lines of progress where there is no terminal [s]."""


@dataclass(frozen=True, slots=True)
class _Run:
    """A plan, its episodes, what all have in common for settings.json, a control step [s]."""

    plan: Plan
    grid: list[Episode]
    settings: dict[str, Any]
    step: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate.

    Returns:
        0; 1 with one line on stderr when it cannot be done; 130 after Ctrl-C. What was measured
        until then is kept and reported.
    """
    options = parse(arguments)
    given = sys.argv[1:] if arguments is None else arguments
    command = shlex.join(['ros2', 'run', 'segue', 'evaluate', *given])
    try:
        evaluate(options, command)
    except (ParameterError, PluginError, PolicyError, WorkerError, OSError) as error:
        print(f'evaluate: error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('stopped; the same command goes on', file=sys.stderr)
        return 130
    return 0


def evaluate(options: argparse.Namespace, command: str) -> None:
    """Run what is missing and report everything, whatever stops it.

    Args:
        options: The command line.
        command: It, as a person would type it.

    Raises:
        ParameterError: The arguments do not fit together, or not what is in the folder.
        PluginError: Policy or simulator do not exist.
        WorkerError: An episode could not be run.
    """
    run = _prepare(options)
    out: Path = options.out
    path = out / ROWS
    out.mkdir(parents=True, exist_ok=True)
    if not options.resume:
        for old in (out / record.FILE, path, *(out / FILMS).glob('*')):
            old.unlink(missing_ok=True)
    record.keep(out, run.settings)
    done = rows.read(path)
    rows.write(path, done)      # without a line that a crash cut off
    missing = without(run.grid, {row.key for row in done})
    stopped: KeyboardInterrupt | WorkerError | None = None
    try:
        _run_missing(run.plan, missing, path, len(run.grid), options.processes)
    except (KeyboardInterrupt, WorkerError) as error:
        stopped = error
    _report(out, run, command)
    if stopped:
        raise stopped


def _prepare(options: argparse.Namespace) -> _Run:
    """Read files and arguments and check that they fit together, before anything is started."""
    file: Path = (options.params_file or default_params_file()).resolve()
    given: dict[str, Any] = {'policy': options.policy, 'device': options.device}
    if options.checkpoint:
        given['checkpoint'] = str(resolve(options.checkpoint).resolve())
    given |= dict(options.param)
    refuse_unknown((name for name, _ in options.param), known_parameters(file, given))
    settings = read_settings(file, given)
    plan = Plan(file, given, given['policy'], policy_parameters(given['policy']),
                settings.bridge.driver,
                Chunking(options.actions_per_chunk, options.threshold, options.execution_horizon),
                options.max_steps, record.sha256(settings.policy.checkpoint))
    step = settings.contract.step_ns / 1e9
    grid = _grid(options, plan, settings.policy, 1 / step)
    own = set(plan.parameters(grid[0])) - set(given)    # what each row says of itself
    parameters = {name: value for name, value in (given_parameters(file) | given).items()
                  if name not in own}
    return _Run(plan, grid, record.describe(plan, options.suite, record.package_version(),
                                            parameters), step)


def _grid(options: argparse.Namespace, plan: Plan, policy: PolicyConfig, rate: float
          ) -> list[Episode]:
    """Episodes that were asked for; each mode's parameters are checked."""
    delays = {delay.text: delay for delay in (read_delay(text, rate) for text in options.delays)}
    modes = find_modes(options.modes, () if options.modes else continuations(policy))
    grid = episodes(options.suite, options.tasks, options.init_states, options.seeds, modes,
                    list(delays.values()))
    if options.episodes:
        grid = grid[:options.episodes * len(modes) * len(delays)]
    for episode in {episode.mode.name: episode for episode in grid}.values():
        made = plan.parameters(episode)
        read_settings(plan.params_file, made)
        for name, value in options.param:
            if made[name] != value:
                raise ParameterError(f'--param {name}: the evaluation sets it; use its own option')
    if not options.video:
        return grid
    return _filmed(grid, read_delay(options.video_delay, rate).text, options.out / FILMS)


def _filmed(grid: Sequence[Episode], delay: str, folder: Path) -> list[Episode]:
    """The grid with a film for the first episode of each mode at a delay, or at the last one."""
    if delay not in {episode.delay.text for episode in grid}:
        delay = grid[-1].delay.text
    place = re.sub(r'[^\w.+-]', '_', delay)
    films: dict[str, Episode] = {}
    for episode in grid:
        if episode.delay.text == delay:
            films.setdefault(episode.mode.name, episode)
    return [replace(episode, film=folder.resolve() / f'{episode.mode.name}-{place}.npz')
            if films.get(episode.mode.name) is episode else episode for episode in grid]


def _run_missing(plan: Plan, missing: Sequence[Episode], path: Path, total: int, processes: int
                 ) -> None:
    """Run episodes and add their rows to the file as they end."""
    successes = finished = 0
    terminal = sys.stderr.isatty()
    with (tqdm(total=total, initial=total - len(missing), unit='episode', smoothing=0.05,
               mininterval=0.5 if terminal else QUIET_INTERVAL,
               bar_format=None if terminal else '{l_bar}{r_bar}\n') as bar,
          closing(run_blocks(plan, blocks(missing, processes), processes)) as results):
        for row in results:
            rows.append(path, row)
            finished, successes = finished + 1, successes + row.success
            bar.set_postfix_str(f'success {successes} of {finished}', refresh=False)
            bar.update()


def _report(out: Path, run: _Run, command: str) -> None:
    """Put the rows into order and write everything that is made from them."""
    # Here, because each worker imports this module anew and draws nothing.
    from segue_evaluation.film import load_film, write_grid
    from segue_evaluation.report import VIDEO, write_report
    done = in_order(rows.read(out / ROWS))
    rows.write(out / ROWS, done)
    if not done:
        return
    cells = summarize(done)
    if films := {f'{e.mode.name}, delay {e.delay.text}': load_film(e.film)
                 for e in run.grid if e.film and e.film.exists()}:
        write_grid(out / VIDEO, films, EVERY * run.step)
    files = write_report(out, cells, run.settings, command)
    print(f'{table(cells)}\n')
    for row in (row for row in done if row.error):
        print(f'error in {" ".join(map(str, row.key))}: {row.error}')
    print(f'written: {", ".join(map(str, [out / ROWS, *files]))}')


if __name__ == '__main__':
    sys.exit(main())
