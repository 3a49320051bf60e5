"""The command line of `evaluate`, read and checked. Pure."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from robot_bridge.tune.delays import USAGE
from segue_evaluation.modes import MODES

DESCRIPTION = """\
Measure task success under asynchrony: run a policy in a simulator through the bridge's own control
loop, in lockstep, for every combination of mode and delay. The same arguments give the same rows,
whatever the load and the number of processes; a network rounds a little differently on another kind
of CPU. Rows that are there already are kept."""
EXAMPLES = f"""\
modes:
{chr(10).join(f'  {mode.name:18} {mode.text}' for mode in MODES.values())}

examples:
  ros2 run segue evaluate --policy expert --tasks 0 --init-states 40-41 --delays 0 8
  ros2 run segue evaluate --checkpoint my_checkpoint --processes 4 --out results
  ros2 run segue evaluate --policy my_package.my_module:MyPolicy --delays 4 uniform:2,6 1+2+2+8"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with code 2."""
        self.exit(2, f'{self.prog}: error: {message}\n')


class _Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Defaults are shown, and the text is left as it is."""


def parser() -> argparse.ArgumentParser:
    """The command line; the launch file offers the same arguments."""
    made = Parser(prog='evaluate', description=DESCRIPTION, epilog=EXAMPLES, formatter_class=_Help)
    _add_policy(made)
    _add_grid(made)
    _add_run(made)
    return made


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line.

    Args:
        arguments: Without the program's name; None for the process's own.

    Raises:
        SystemExit: With code 0 for --help, 2 when the arguments cannot be used.
    """
    options = parser().parse_args(arguments)
    for name in ('tasks', 'init_states', 'seeds'):
        setattr(options, name, _flat(getattr(options, name)))
    for name in ('modes', 'delays'):    # a default is one text, so that --help shows it as written
        value = getattr(options, name)
        setattr(options, name, value.split() if isinstance(value, str) else value)
    return options


def _add_policy(made: Parser) -> None:
    add = made.add_argument_group('what is evaluated').add_argument
    add('--policy', default='reference', metavar='NAME',
        help='reference, expert, another one by name, or package.module:attribute')
    add('--checkpoint', default='', metavar='PATH',
        help='folder or file with weights; empty for the one of --params-file')
    add('--device', default='cpu', metavar='NAME', help='where the policy runs: cpu, cuda, cuda:0')
    add('--params-file', type=Path, metavar='FILE',
        help='contract and parameters; the package\'s config/libero.yaml without it')
    add('-p', '--param', type=_parameter, nargs='+', action='extend', default=[],
        metavar='NAME:=VALUE', help='replace parameters of either node, for example '
        'libero.image_size:=128')


def _add_grid(made: Parser) -> None:
    add = made.add_argument_group('episodes').add_argument
    add('--suite', default='libero_object', metavar='NAME', help='benchmark suite')
    add('--tasks', type=_numbers, nargs='+', default='0-4', metavar='N',
        help='tasks of the suite; 0-4 is a range')
    add('--init-states', type=_numbers, nargs='+', default='40-49', metavar='N',
        help='initial states of each task; 40-49 is a range')
    add('--seeds', type=_numbers, nargs='+', default='0', metavar='N',
        help='of simulator, delays and policy')
    add('--episodes', type=_whole(1), default=0, metavar='N',
        help='at most so many in each cell, a mode at a delay; 0 for all')
    add('--modes', nargs='+', default='', metavar='NAME',
        help='ways to execute chunks, see below; without it all that the policy can do')
    add('--delays', nargs='+', default='0 1 2 4 8 12', metavar='D',
        help='from observation to usable chunk, in control steps; a list such as 1+2+2+8 is drawn '
        f'from for each chunk, and so is {USAGE}')
    add('--threshold', type=_share, default=0.5, metavar='T',
        help='ask for the next chunk when queued / horizon is at most this; not in mode sync')
    add('--actions-per-chunk', type=_whole(1), default=32, metavar='N',
        help='rows of a chunk; not in mode sync')
    add('--execution-horizon', type=_whole(1), default=16, metavar='N',
        help='rows of a chunk in mode sync, all of which are executed')
    add('--max-steps', type=_whole(1), default=300, metavar='N',
        help='control steps after which an episode has failed')


def _add_run(made: Parser) -> None:
    add = made.add_argument_group('this run').add_argument
    add('--processes', type=_whole(1), default=1, metavar='N',
        help='simulators that run at the same time, each with its own policy and one thread')
    add('--out', type=Path, default=Path('evaluation'), metavar='DIR',
        help='folder for the results')
    add('--resume', action=argparse.BooleanOptionalAction, default=True,
        help='keep the episodes that are in --out already')
    add('--video', action=argparse.BooleanOptionalAction, default=True,
        help='film the first episode of each mode')
    add('--video-delay', default='8', metavar='D',
        help='delay at which it is filmed; the last one of --delays if it is none of them')


def _flat(values: Sequence[int | list[int]]) -> list[int]:
    """Numbers and ranges of numbers as numbers, each once."""
    return list(dict.fromkeys(number for value in values for number in (
        value if isinstance(value, list) else [value])))


def _numbers(text: str) -> list[int]:
    """7 or 0-4."""
    low, dash, high = text.partition('-')
    try:
        numbers = list(range(int(low), int(high if dash else low) + 1))
    except ValueError:
        numbers = []
    if not numbers:
        raise argparse.ArgumentTypeError(f'must be a whole number, or a range such as 40-49; got '
                                         f'{text!r}')
    return numbers


def _whole(low: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < low:
            raise argparse.ArgumentTypeError(f'must be a whole number >= {low}, got {text!r}')
        return int(text)
    return number


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f'must be a number within 0..1, got {text!r}')
    return value


def _parameter(text: str) -> tuple[str, Any]:
    name, assigned, value = text.partition(':=')
    if not assigned or not name:
        raise argparse.ArgumentTypeError(f'must be NAME:=VALUE, got {text!r}')
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise argparse.ArgumentTypeError(f'{name}: {value!r} is no value: {error}') from error


@dataclass(frozen=True, slots=True)
class LaunchOption:
    """One option as an argument of a launch file.

    Attributes:
        name: With underscores.
        default: As text; empty for none.
        text: What it does.
        switch: It is ``true`` or ``false``, and takes no value on the command line.
    """

    name: str
    default: str
    text: str
    switch: bool

    def command_line(self, value: str) -> list[str]:
        """What stands for a value on the command line; nothing for the default.

        Raises:
            RuntimeError: A switch is neither true nor false.
        """
        flag = self.name.replace('_', '-')
        if value == self.default:
            return []
        if not self.switch:
            return [f'--{flag}', *shlex.split(value)]
        if value not in ('true', 'false'):
            raise RuntimeError(f'{self.name}:={value} must be true or false')
        return [f'--{flag}' if value == 'true' else f'--no-{flag}']


def launch_options() -> list[LaunchOption]:
    """All options, for a launch file."""
    made = []
    for action in parser()._actions:
        switch = isinstance(action, argparse.BooleanOptionalAction)
        default = str(action.default or '')
        if action.dest != 'help':
            made.append(LaunchOption(action.dest, default.lower() if switch else default,
                                     action.help or '', switch))
    return made
