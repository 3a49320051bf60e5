"""`ros2 run segue tune`: try settings on a chunk stream, compare them, recommend one."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_bridge.tune.arguments import ACTIONS_PER_CHUNK, MEASURED, QUICK_DURATION, parse
from robot_bridge.tune.bag import read_bag
from robot_bridge.tune.delays import parse_delay, percentile, resample
from robot_bridge.tune.errors import TuneError
from robot_bridge.tune.measures import Measures, measure
from robot_bridge.tune.plot import write_plot
from robot_bridge.tune.recommend import Demand, Recommendation, as_parameters, recommend
from robot_bridge.tune.recording import Recording, read_npz
from robot_bridge.tune.replay import Setting, replay
from robot_bridge.tune.report import table, write_results
from robot_bridge.tune.sources import ChunkSource, SyntheticPolicy

DEFAULT_DELAY = 'normal:4,1'
DEFAULT_RATE = 30.0
DEFAULT_DURATION = 60.0


@dataclass(frozen=True, slots=True)
class _Run:
    """What is replayed, in which settings.

    Attributes:
        sources: One policy for each session.
        settings: The matrix.
        delays: Drawn, shape (N,) [control steps].
        step_ns: Length of a control step [ns].
        steps: Longest replay of a session [control steps].
        title: In words.
    """

    sources: tuple[ChunkSource, ...]
    settings: tuple[Setting, ...]
    delays: NDArray[np.int64]
    step_ns: int
    steps: int
    title: str

    @property
    def rate(self) -> float:
        """Control steps per second [Hz]."""
        return 1e9 / self.step_ns


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `tune`.

    Returns:
        0; 1 with one line on stderr when the recording or the delays cannot be used.
    """
    options = parse(arguments)
    try:
        run = _recorded_run(options) if options.bag or options.npz else _synthetic_run(options)
        options.out.mkdir(parents=True, exist_ok=True)
        units = {unit for source in run.sources for unit in source.units}
        demand = Demand(percentile(run.delays, options.percentile), options.percentile, run.rate,
                        units.pop() if len(units) == 1 else 'unit')
        results = _replay_all(run, demand)
        recommendation = recommend(results, demand)
        _write(options, run, demand, results, recommendation)
    except (TuneError, OSError) as error:
        print(f'tune: error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _synthetic_run(options: argparse.Namespace) -> _Run:
    rate = options.rate or DEFAULT_RATE
    duration = QUICK_DURATION if options.quick else options.duration or DEFAULT_DURATION
    steps = max(round(duration * rate), 1)
    delay = options.delay or parse_delay(DEFAULT_DELAY)
    source = SyntheticPolicy(
        joints=options.joints, amplitude=options.amplitude, bandwidth=options.bandwidth,
        noise=options.noise, rate=rate, steps=steps, seed=options.seed)
    return _Run((source,), _matrix(options, ACTIONS_PER_CHUNK), delay.draw(rate, options.seed),
                round(1e9 / rate), steps,
                f'Synthetic policy at {rate:g} Hz, {duration:g} s for each setting, '
                f'delay {delay.text}')


def _recorded_run(options: argparse.Namespace) -> _Run:
    path = options.bag or options.npz
    recording = (read_bag(path, options.chunk_topic, options.request_topic) if options.bag
                 else read_npz(path))
    rate = 1e9 / recording.step_ns
    delays, delay_text = _recorded_delays(options, recording)
    sessions = recording.sessions
    if options.columns:
        sessions = tuple(session.columns(options.columns) for session in sessions)
    longest = max(session.steps for session in sessions)
    duration = QUICK_DURATION if options.quick else options.duration
    steps = min(longest, round(duration * rate)) if duration else longest
    refused = f', {recording.refused} more refused' if recording.refused else ''
    return _Run(sessions, _matrix(options, _recorded_horizons(options, recording)), delays,
                recording.step_ns, steps,
                f'{path.name}: {recording.chunks} chunks in {len(sessions)} session'
                f'{"s" if len(sessions) > 1 else ""}{refused}, {rate:g} Hz, delay {delay_text}')


def _recorded_delays(options: argparse.Namespace,
                     recording: Recording) -> tuple[NDArray[np.int64], str]:
    if options.delay not in (None, MEASURED):
        return options.delay.draw(1e9 / recording.step_ns, options.seed), options.delay.text
    if not len(recording.delays):
        wanted = 'chunk_request messages' if options.bag else 'array delay'
        raise TuneError(f'the recording has no {wanted} to measure delays from: choose them with '
                        f'--delay, for example {DEFAULT_DELAY}')
    return resample(recording.delays, options.seed), f'as measured ({len(recording.delays)} times)'


def _recorded_horizons(options: argparse.Namespace, recording: Recording) -> tuple[int, ...]:
    longest = recording.horizon
    beyond = [h for h in options.actions_per_chunk or () if h > longest]
    if beyond:
        raise TuneError(f'--actions-per-chunk must be at most {longest}, the rows of the recorded '
                        f'chunks; got {beyond[0]}')
    return (*(h for h in ACTIONS_PER_CHUNK if h < longest), longest)


def _matrix(options: argparse.Namespace, horizons: Iterable[int]) -> tuple[Setting, ...]:
    chosen = options.actions_per_chunk or horizons
    return tuple(Setting(*point) for point in itertools.product(
        *map(dict.fromkeys, (chosen, options.chunk_size_threshold, options.aggregate_fn_name))))


def _replay_all(run: _Run, demand: Demand) -> list[Measures]:
    """Replay every setting with the same delays, and say how far it is on a terminal."""
    results = []
    for done, setting in enumerate(run.settings, start=1):
        traces = [replay(setting, source, run.delays, step_ns=run.step_ns,
                         steps=min(source.steps, run.steps)) for source in run.sources]
        results.append(measure(setting, traces, rate=run.rate, delay=demand.delay))
        if sys.stderr.isatty():
            end = '\n' if done == len(run.settings) else ''
            print(f'\rreplayed {done} of {len(run.settings)} settings', end=end, file=sys.stderr,
                  flush=True)
    return results


def _write(options: argparse.Namespace, run: _Run, demand: Demand, results: Sequence[Measures],
           recommendation: Recommendation) -> None:
    best = recommendation.best
    facts = {'title': run.title, 'rate': run.rate, 'percentile': demand.percentile,
             'delay': demand.delay, 'unit': demand.unit, 'seed': options.seed}
    files = write_results(options.out, results, recommendation, facts)
    files.append(options.out / 'tuning.png')
    write_plot(files[-1], results, best, demand, run.title)
    print(f'{run.title}\n\n{table(results, best)}\n')
    if best:
        print(f'Recommended:\n{as_parameters(best)}\n\nWhy:')
    else:
        print('WARNING: no setting is feasible.')
    print('\n'.join(f'- {reason}' for reason in recommendation.reasons))
    print(f'\nwritten: {", ".join(map(str, files))}')
