"""`ros2 run segue export_dataset`: a bag becomes a LeRobot dataset."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from segue_core.bags import BagError, open_bag
from segue_core.parameter_file import contract_of, read_parameters
from segue_core.parameters import ParameterError
from segue_recording.export.dataset import DatasetInfo, DatasetWriter
from segue_recording.export.errors import ExportError
from segue_recording.export.layout import LAYOUTS
from segue_recording.export.sampling import Episode, Sampling, read_episodes, sample_frames


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `export_dataset`.

    Returns:
        0; 1 with one line on stderr when the bag cannot be made a dataset.
    """
    options = _parse(arguments)
    try:
        contract = contract_of(read_parameters(options.params_file, 'policy_node'))
        if not contract.action_names:
            raise ExportError(f'{options.params_file} has no contract.actions')
        rate = _rate(options.fps or 1e9 / contract.step_ns)
        sampling = Sampling(contract, round(1e9 / rate), round(options.max_age * 1e9),
                            options.namespace)
        writer = DatasetWriter(options.out, DatasetInfo(contract, rate, options.robot_type),
                               LAYOUTS[options.format])
        try:
            _export(options.bag, sampling, options.task, writer)
        except BaseException:
            writer.abandon()
            raise
    except (ExportError, BagError, ParameterError, OSError) as error:
        print(f'export_dataset: error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _export(bag: Path, sampling: Sampling, task: str, writer: DatasetWriter) -> None:
    with open_bag(bag) as reader:
        episodes = read_episodes(reader, sampling)
        if not episodes:
            raise ExportError(f'{bag} has no session with commands')
        sessions = list(episodes.values())
        tasks = [task or session.task for session in sessions]
        for number, given in enumerate(tasks):
            if not given:
                raise ExportError(f'session {number} of {bag} has no task: give one with --task')
        current, first = 0, 0
        for frame in sample_frames(reader, sampling, episodes):
            if frame.episode != current:
                _end(writer, current, sessions[current], first, tasks[current])
                current, first = frame.episode, frame.number
            elif not writer.episode_length:
                first = frame.number
            writer.add(frame.features, frame.action)
        _end(writer, current, sessions[current], first, tasks[current])
    writer.finish()
    print(f'{writer.frames} frames in {len(sessions)} episodes')


def _end(writer: DatasetWriter, number: int, session: Episode, skipped: int, task: str) -> None:
    seconds = (session.stamps[-1] - session.stamps[0]) / 1e9
    left_out = f', the first {skipped} left out: not every input was seen yet' if skipped else ''
    print(f'episode {number}: {writer.episode_length} frames, {seconds:.1f} s, '
          f'"{task}"{left_out}')
    writer.end_episode(task)


def _rate(given: float) -> Fraction:
    """Frames per second; whole where a rounded step says so."""
    whole = round(given)
    if whole and abs(given - whole) < 1e-6 * given:
        return Fraction(whole)
    return Fraction(given).limit_denominator(1001)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='export_dataset', description='Make a LeRobot dataset of a bag. Each session of the '
        'bridge becomes an episode, each control step a frame.')
    parser.add_argument('--bag', type=Path, required=True,
                        help='folder of a rosbag2 bag, or one of its files')
    parser.add_argument('--out', type=Path, required=True, help='folder to make')
    parser.add_argument('--params-file', type=Path, required=True,
                        help='the contract that the bag was recorded with')
    parser.add_argument('--task', default='', help="instruction; the bag's own without it")
    parser.add_argument('--fps', type=float, default=0.0,
                        help='frames per second; contract.control_rate without it')
    parser.add_argument('--format', choices=LAYOUTS, default='v3.0', help='of LeRobot')
    parser.add_argument('--max-age', type=float, default=0.2, metavar='S',
                        help='how much older than its frame a sample may be [s]')
    parser.add_argument('--namespace', default='', help="of the robot's topics")
    parser.add_argument('--robot-type', default='', help='noted in the dataset')
    options = parser.parse_args(arguments)
    if options.fps < 0 or options.max_age < 0:
        parser.error('--fps and --max-age must be >= 0')
    return options
