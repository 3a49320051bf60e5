"""Delays of chunks: distributions on the command line, drawn in whole control steps. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_bridge.tune.errors import TuneError

DRAWS = 10_000
"""Delays that are drawn for a run; percentiles are taken over all of them."""
ROUNDING = 1e-6
"""Part of a control step that a delay in seconds may exceed whole steps by: float rounding."""

FORMS = {
    'fixed': ('DELAY',),
    'normal': ('MEAN', 'DEVIATION'),
    'lognormal': ('MEDIAN', 'SIGMA'),
    'uniform': ('LOW', 'HIGH'),
}
USAGE = ', '.join(f'{kind}:{",".join(args)}' for kind, args in FORMS.items())
_NUMBER = re.compile(r'(\d+\.?\d*|\.\d+)\s*(ms|s|)')
_SECONDS = {'ms': 1e-3, 's': 1.0, '': 1.0}


@dataclass(frozen=True, slots=True)
class DelayDistribution:
    """Delay from a request to its usable chunk.

    Attributes:
        kind: One of `FORMS`.
        values: Its arguments, in seconds or control steps.
        in_seconds: Whether ``values`` are seconds; the sigma of a lognormal has no unit.
        text: As it was written.
    """

    kind: str
    values: tuple[float, ...]
    in_seconds: bool
    text: str

    def draw(self, rate: float, seed: int, count: int = DRAWS) -> NDArray[np.int64]:
        """Draw delays; the same arguments give the same delays.

        Args:
            rate: Control steps per second [Hz].
            seed: Of the random numbers.
            count: How many.

        Returns:
            Shape (count,) [control steps], >= 0. Seconds are rounded up, since a chunk that comes
            between two control steps serves the later one; steps are rounded to the nearest.
        """
        random = np.random.default_rng(seed)
        first, second = self.values[0], self.values[-1]
        if self.kind == 'normal':
            drawn = random.normal(first, second, count)
        elif self.kind == 'lognormal':
            drawn = first * np.exp(random.normal(0.0, second, count))
        else:
            drawn = random.uniform(first, second, count)
        drawn = np.maximum(drawn, 0.0)
        return steps_of(drawn, rate) if self.in_seconds else np.rint(drawn).astype(np.int64)


def steps_of(seconds: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    """Whole control steps that pass during delays.

    Args:
        seconds: [s], >= 0.
        rate: Control steps per second [Hz].
    """
    return np.ceil(seconds * rate - ROUNDING).astype(np.int64)


def parse_delay(text: str) -> DelayDistribution:
    """Read a distribution such as ``fixed:4``, ``normal:130ms,20ms`` or ``lognormal:4,0.3``.

    Args:
        text: ``KIND:NUMBERS``; numbers are control steps, or times with the unit ms or s.

    Raises:
        TuneError: It is none of `FORMS`, or its numbers make no distribution.
    """
    kind, _, arguments = text.strip().partition(':')
    if kind not in FORMS:
        raise TuneError(f'delay must be one of {USAGE}, got {text!r}')
    matches = [_NUMBER.fullmatch(number.strip()) for number in arguments.split(',')]
    found = [match for match in matches if match]
    if len(found) != len(matches) or len(found) != len(FORMS[kind]):
        raise TuneError(f'delay {kind} must be {kind}:{",".join(FORMS[kind])} with numbers >= 0 in '
                        f'control steps, or with the unit ms or s; got {text!r}')
    units = [match[2] for match in found]
    _check_units(kind, units, text)
    values = tuple(float(match[1]) * _SECONDS[match[2]] for match in found)
    if kind == 'uniform' and values[0] > values[1]:
        raise TuneError(f'delay uniform must be LOW,HIGH with LOW <= HIGH, got {text!r}')
    return DelayDistribution(kind, values, bool(units[0]), text)


def resample(measured: NDArray[np.int64], seed: int, count: int = DRAWS) -> NDArray[np.int64]:
    """Draw with replacement from measured delays, shape (count,) [control steps]."""
    return np.random.default_rng(seed).choice(measured, count)


def percentile(delays: NDArray[np.int64], q: float) -> int:
    """Smallest drawn delay that at least ``q`` % [0..100] of the delays do not exceed [steps]."""
    return int(np.percentile(delays, q, method='inverted_cdf'))


def _check_units(kind: str, units: list[str], text: str) -> None:
    if kind == 'lognormal':
        if units[1]:
            raise TuneError(f'SIGMA of delay lognormal has no unit, got {text!r}')
    elif len({bool(unit) for unit in units}) > 1:
        raise TuneError(f'delay {kind} mixes times and control steps: give each number a unit, or '
                        f'none; got {text!r}')
