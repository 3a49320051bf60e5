"""A span of time."""

from embedded_ros.duration import Duration, Infinite

__all__ = ['Duration', 'Infinite']
