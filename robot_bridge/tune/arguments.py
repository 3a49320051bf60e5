"""The command line of `tune`, read and checked. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.tune.delays import USAGE, DelayDistribution, parse_delay
from robot_bridge.tune.errors import TuneError

ACTIONS_PER_CHUNK = (20, 30, 50, 100)
THRESHOLDS = (0.3, 0.5, 0.7)
MEASURED = 'bag'
"""The delays that were measured in the recording."""
QUICK_DURATION = 10.0

DESCRIPTION = """\
Choose actions_per_chunk, chunk_size_threshold and aggregate_fn_name without a robot: replay chunks
through the bridge's own buffer and control loop for every combination, under a chosen delay, and
compare starvation, seams, jerk and load. Without --bag or --npz the chunks come from a synthetic
policy. The same arguments give the same figures."""
EXAMPLES = """\
examples:
  ros2 run segue tune                                    synthetic policy, delay of 4 +- 1 steps
  ros2 run segue tune --delay normal:150ms,30ms --rate 30
  ros2 run segue tune --delay fixed:12 --actions-per-chunk 16 --chunk-size-threshold 0.5 0.8 1
  ros2 bag record -s mcap /action_chunk /chunk_request   (while the robot works), then
  ros2 run segue tune --bag rosbag2_2025_01_31-12_00_00  its chunks, with its measured delays

A higher chunk_size_threshold asks EARLIER. The robot never waits for a chunk if and only if
threshold * actions_per_chunk >= delay and actions_per_chunk >= 2 * delay [control steps]."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with code 2."""
        self.exit(2, f'{self.prog}: error: {message}\n')


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    Args:
        arguments: Without the program's name; None for the process's own.

    Raises:
        SystemExit: With code 0 for --help, 2 when the arguments cannot be used.
    """
    parser = Parser(prog='tune', description=DESCRIPTION, epilog=EXAMPLES,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    _add_matrix(parser)
    _add_recording(parser)
    _add_synthetic(parser)
    options = parser.parse_args(arguments)
    _check_together(parser, options)
    return options


def _add_matrix(parser: Parser) -> None:
    group = parser.add_argument_group('what is tried')
    group.add_argument('--actions-per-chunk', type=_within(int, 1, 10_000), nargs='+', metavar='N',
                       help='rows of a chunk (default: 20 30 50 100; with recorded chunks those '
                       'below their length, and their length)')
    group.add_argument('--chunk-size-threshold', type=_within(float, 0, 1), nargs='+',
                       default=THRESHOLDS, metavar='T', help='ask when queued / horizon is at most '
                       'this, 0..1 (default: 0.3 0.5 0.7)')
    group.add_argument('--aggregate-fn-name', choices=tuple(AGGREGATES), nargs='+', metavar='NAME',
                       default=tuple(AGGREGATES), help='how overlapping rows merge, of '
                       f'{", ".join(AGGREGATES)} (default: all)')
    group.add_argument('--delay', type=_delay, metavar='KIND:NUMBERS', help='from request to '
                       f'usable chunk: {USAGE}, in control steps or with the unit ms or s; '
                       f'or {MEASURED}, as measured in the recording (default: {MEASURED} with a '
                       'recording, else normal:4,1)')
    group.add_argument('--percentile', type=_within(float, 0, 100), default=99.0, metavar='P',
                       help='this share of the delays must not starve the robot [%%] (default: 99)')
    group.add_argument('--duration', type=_within(float, 1, 86_400), metavar='S',
                       help='control time of each replay [s] (default: 60; with a recording all '
                       'of it)')
    group.add_argument('--quick', action='store_true',
                       help=f'replay {QUICK_DURATION:g} s instead, for a first look')
    group.add_argument('--seed', type=_within(int, 0, 2**63), default=0, metavar='N',
                       help='of everything that is drawn (default: 0)')
    group.add_argument('--out', type=Path, default=Path('tuning'), metavar='DIR',
                       help='folder for tuning.png, results.csv and results.json '
                       '(default: tuning)')


def _add_recording(parser: Parser) -> None:
    group = parser.add_argument_group('recorded chunks')
    source = group.add_mutually_exclusive_group()
    source.add_argument('--bag', type=Path, metavar='PATH',
                        help='bag (mcap or sqlite3) with segue/msg/ActionChunk, and ChunkRequest '
                        'for the delays')
    source.add_argument('--npz', type=Path, metavar='FILE',
                        help='arrays actions (N, H, D), first_timestep (N,), rate [Hz]; optional '
                        'session (N,), names (D,), units (D,), delay (M,) [control steps]')
    group.add_argument('--chunk-topic', default='', metavar='TOPIC',
                       help='of the chunks, if the bag has several')
    group.add_argument('--request-topic', default='', metavar='TOPIC',
                       help='of the requests, if the bag has several')
    group.add_argument('--columns', nargs='+', default=(), metavar='NAME',
                       help='only these action columns; a gripper that opens and shuts would hide '
                       "the arm's jerk")


def _add_synthetic(parser: Parser) -> None:
    group = parser.add_argument_group('synthetic policy')
    group.add_argument('--rate', type=_within(float, 0.1, 1000), metavar='HZ',
                       help='control steps per second (default: 30)')
    group.add_argument('--joints', type=_within(int, 1, 100), default=6, metavar='N',
                       help='action columns (default: 6)')
    group.add_argument('--amplitude', type=_within(float, 0, 1000), default=0.5, metavar='RAD',
                       help='of the motion of each joint [rad] (default: 0.5)')
    group.add_argument('--bandwidth', type=_within(float, 0.01, 100), default=0.5, metavar='HZ',
                       help='highest frequency of the motion [Hz] (default: 0.5)')
    group.add_argument('--noise', type=_within(float, 0, 1000), default=0.05, metavar='RAD',
                       help='deviation of predictions one second ahead [rad]; it grows with the '
                       'time ahead and each inference draws it anew (default: 0.05)')


def _check_together(parser: Parser, options: argparse.Namespace) -> None:
    recorded = options.bag or options.npz
    if recorded and options.rate is not None:
        parser.error('--rate belongs to the synthetic policy; recorded chunks have their own')
    if not recorded:
        for given, name in ((options.columns, '--columns'), (options.delay == MEASURED,
                                                             f'--delay {MEASURED}')):
            if given:
                parser.error(f'{name} needs recorded chunks: add --bag PATH or --npz FILE')
    if not options.bag and (options.chunk_topic or options.request_topic):
        parser.error('--chunk-topic and --request-topic need --bag PATH')
    if options.quick and options.duration is not None:
        parser.error('choose one of --quick and --duration')


def _within(kind: Callable[[str], float], low: float, high: float) -> Callable[[str], float]:
    """A number of some kind within a range, for argparse."""
    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            what = 'a whole number' if kind is int else 'a number'
            raise argparse.ArgumentTypeError(f'must be {what} within {low:g}..{high:g}, '
                                             f'got {text!r}')
        return value
    return read


def _delay(text: str) -> DelayDistribution | str:
    if text == MEASURED:
        return MEASURED
    try:
        return parse_delay(text)
    except TuneError as error:
        raise argparse.ArgumentTypeError(f'{error}, or {MEASURED}') from error
