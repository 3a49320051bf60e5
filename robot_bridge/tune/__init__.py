"""Tuning without a robot: chunk streams through the real buffer, for every setting of a matrix."""
