"""Statistics of a dataset's features, as LeRobot normalises with. Pure: numpy only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILES = {'q01': 0.01, 'q10': 0.1, 'q50': 0.5, 'q90': 0.9, 'q99': 0.99}
COARSE = 150
"""Images are looked at in so many rows or columns at least; more tell nothing new."""


def of_rows(rows: NDArray[Any]) -> dict[str, Any]:
    """Statistics of a feature that is numbers.

    Args:
        rows: Shape (N, D).

    Returns:
        min, max, mean, std and quantiles with D numbers each, count with one.
    """
    values = rows.astype(np.float64)
    found = {'min': values.min(0), 'max': values.max(0), 'mean': values.mean(0),
             'std': values.std(0),
             **dict(zip(QUANTILES, np.quantile(values, list(QUANTILES.values()), axis=0),
                        strict=True))}
    return {**{name: value.tolist() for name, value in found.items()}, 'count': [len(rows)]}


class PixelStatistics:
    """Statistics of the images of one camera, per colour, within 0..1."""

    def __init__(self) -> None:
        self._histogram = np.zeros((3, 256), dtype=np.int64)
        self._images = 0

    def add(self, image: NDArray[np.uint8]) -> None:
        """Count an image, shape (H, W, 3)."""
        stride = max(1, min(image.shape[:2]) // COARSE)
        coarse = image[::stride, ::stride]
        for channel in range(3):
            self._histogram[channel] += np.bincount(coarse[..., channel].ravel(), minlength=256)
        self._images += 1

    def merge(self, other: PixelStatistics) -> None:
        """Count the images of another one too."""
        self._histogram += other._histogram
        self._images += other._images

    def result(self) -> dict[str, Any]:
        """The statistics: three numbers each, shape (3, 1, 1), and how many images."""
        levels, total = np.arange(256) / 255, self._histogram.sum(1)
        mean = self._histogram @ levels / total
        variance = self._histogram @ levels**2 / total - mean**2
        below = np.cumsum(self._histogram, axis=1)
        seen = self._histogram > 0
        found = {'min': levels[seen.argmax(1)], 'max': levels[255 - seen[:, ::-1].argmax(1)],
                 'mean': mean, 'std': np.sqrt(variance.clip(0)),
                 **{name: levels[(below >= q * total[:, np.newaxis]).argmax(1)]
                    for name, q in QUANTILES.items()}}
        return {**{name: value.reshape(3, 1, 1).tolist() for name, value in found.items()},
                'count': [self._images]}
