"""Smoothing over time: a low-pass and a moving average, one sample at a time."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from robot_bridge.shaping.errors import ShapingError

MAX_ORDER = 4


class Filter(Protocol):
    """What both filters are."""

    def reset(self, position: NDArray[np.float64]) -> None:
        """Begin as if ``position``, shape (D,), had been there for ever: no start-up jump."""

    def apply(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Smoothed target, shape (D,); excluded columns pass untouched."""


class LowPass:
    """Butterworth low-pass of each column.

    Slow motion lags by 0.16, 0.23, 0.32, 0.42 / cutoff [s] for orders 1 to 4. From order 2 on a
    jump is overshot, by up to 11 %: limits belong behind it.

    Args:
        cutoff: Frequency at which 3 dB are lost [Hz], > 0, below half the tick rate.
        order: 1..4.
        tick_ns: Spacing of the samples [ns].
        smoothed: Which of D columns are smoothed, shape (D,).

    Raises:
        ShapingError: Cutoff or order is outside its range.
    """

    def __init__(self, cutoff: float, order: int, tick_ns: int,
                 smoothed: NDArray[np.bool_]) -> None:
        rate = 1e9 / tick_ns
        if not 0 < cutoff < rate / 2:
            raise ShapingError(f'low_pass_cutoff must be > 0 and below half the tick rate, '
                               f'{rate / 2:g} Hz; got {cutoff:g} Hz')
        if not 1 <= order <= MAX_ORDER:
            raise ShapingError(f'low_pass_order must be within 1..{MAX_ORDER}, got {order}')
        self._passing = np.flatnonzero(~smoothed)
        # Sections one by one: for a single sample `sosfilt` costs several times `lfilter`.
        sections = signal.butter(order, cutoff, fs=rate, output='sos')
        self._coefficients = [(s[:3], s[3:]) for s in sections]
        self._steady = signal.sosfilt_zi(sections)[..., np.newaxis]
        self.reset(np.zeros(len(smoothed)))

    def reset(self, position: NDArray[np.float64]) -> None:
        """Begin as if ``position``, shape (D,), had been there for ever: no start-up jump."""
        self._states = [steady * position for steady in self._steady]

    def apply(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Smoothed target, shape (D,); excluded columns pass untouched."""
        value = target[np.newaxis]
        for i, (b, a) in enumerate(self._coefficients):
            value, self._states[i] = signal.lfilter(b, a, value, axis=0, zi=self._states[i])
        smooth: NDArray[np.float64] = value[0]
        smooth[self._passing] = target[self._passing]
        return smooth


class MovingAverage:
    """Mean of the newest targets of each column.

    It lags by ``(window - 1) / 2`` samples and never overshoots.

    Args:
        window: Samples, >= 1.
        smoothed: Which of D columns are smoothed, shape (D,).

    Raises:
        ShapingError: The window is too short.
    """

    def __init__(self, window: int, smoothed: NDArray[np.bool_]) -> None:
        if window < 1:
            raise ShapingError(f'smooth must be at least 1 sample, got {window}')
        self._passing = np.flatnonzero(~smoothed)
        self._newest = np.zeros((window, len(smoothed)))
        self._next = 0

    def reset(self, position: NDArray[np.float64]) -> None:
        """Begin as if ``position``, shape (D,), had been there for ever: no start-up jump."""
        self._newest[:] = position
        self._next = 0

    def apply(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Smoothed target, shape (D,); excluded columns pass untouched."""
        self._newest[self._next] = target
        self._next = (self._next + 1) % len(self._newest)
        smooth: NDArray[np.float64] = np.add.reduce(self._newest) / len(self._newest)
        smooth[self._passing] = target[self._passing]
        return smooth
