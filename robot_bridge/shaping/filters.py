"""Smoothing over time: a low-pass and a moving average, one sample at a time."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
        self._excluded = np.flatnonzero(~smoothed)
        self._sample, self._steady = _butterworth(order, cutoff, rate)
        self._input_and_state = np.zeros((len(self._sample), len(smoothed)))

    def reset(self, position: NDArray[np.float64]) -> None:
        """Begin as if ``position``, shape (D,), had been there for ever: no start-up jump."""
        self._input_and_state[1:] = self._steady * position

    def apply(self, target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Smoothed target, shape (D,); excluded columns pass untouched."""
        self._input_and_state[0] = target
        output_and_state = self._sample.dot(self._input_and_state)
        self._input_and_state[1:] = output_and_state[1:]
        output = output_and_state[0]
        output[self._excluded] = target[self._excluded]
        return output


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
        self._excluded = np.flatnonzero(~smoothed)
        self._ones = np.ones(window)
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
        mean = self._ones.dot(self._newest) / len(self._newest)
        mean[self._excluded] = target[self._excluded]
        return mean


def _butterworth(order: int, cutoff: float, rate: float
                 ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A low-pass of S second-order sections.

    Returns:
        What `scipy.signal.sosfilt` does to (input, 2 S states) in one sample: a matrix, for speed,
        to (output, 2 S states), shape (1 + 2 S, 1 + 2 S); and the states in which an input of 1
        stays 1, shape (2 S, 1).
    """
    from scipy import signal  # takes longer to import than all the rest of the bridge

    sections = signal.butter(order, cutoff, fs=rate, output='sos')
    unit = np.eye(1 + 2 * len(sections))
    output, state = signal.sosfilt(sections, unit[:1], axis=0,
                                   zi=unit[1:].reshape(len(sections), 2, -1))
    return (np.concatenate([output, state.reshape(-1, len(unit))]),
            signal.sosfilt_zi(sections).reshape(-1, 1))
