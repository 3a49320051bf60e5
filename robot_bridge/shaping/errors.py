"""The error of this package."""

from __future__ import annotations


class ShapingError(ValueError):
    """Motion cannot be shaped from what was given; the message names the column and the remedy."""
