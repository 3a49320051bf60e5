"""Delays of chunks as they are asked for: fixed, from a list, or from a distribution. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from robot_bridge.tune.delays import USAGE, parse_delay
from robot_bridge.tune.errors import TuneError
from segue_core.parameters import ParameterError

SAMPLES = 1000
"""Delays that stand for a distribution."""
LONGEST = 1000
_LIST = re.compile(r'\d+(\+\d+)*')


@dataclass(frozen=True, slots=True)
class Delay:
    """Delay from observation to usable chunk.

    Attributes:
        text: In its shortest form.
        steps: What the delay of each chunk is drawn from, each one as likely as any other
            [control steps], >= 0.
    """

    text: str
    steps: tuple[int, ...]


def read_delay(text: str, rate: float) -> Delay:
    """Read a delay.

    Args:
        text: ``4``; ``1+2+2+8``, each as likely as any other; or a distribution as `ros2 run segue
            tune` takes it, such as ``uniform:2,6`` or ``normal:130ms,20ms``.
        rate: Control steps per second [Hz].

    Raises:
        ParameterError: It is none of these.
    """
    text = text.strip()
    if _LIST.fullmatch(text):
        steps = tuple(int(number) for number in text.split('+'))
    else:
        try:
            drawn = parse_delay(text).draw(rate, seed=0, count=SAMPLES)
        except TuneError as error:
            raise ParameterError(f'delay must be a number of control steps, a list such as '
                                 f'1+2+2+8, or one of {USAGE}; got {text!r}') from error
        steps = tuple(int(step) for step in drawn)
    if max(steps) > LONGEST:
        raise ParameterError(f'delay must be within 0..{LONGEST} control steps, got {text!r}')
    return Delay(str(steps[0]), steps[:1]) if len(set(steps)) == 1 else Delay(text, steps)
