"""Memory of large messages, and when the system gets it back."""

from __future__ import annotations

import ctypes

_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 20


def return_large_blocks() -> None:
    """Let the C library give back blocks of 1 MiB and more as soon as they are freed.

    Otherwise glibc takes the largest block that was ever freed for usual (up to 32 MiB), and each
    thread keeps such blocks for itself: after some 4000 x 4000 images a gigabyte.
    C libraries without ``mallopt`` are left as they are.

    Source:
        mallopt(3), ``M_MMAP_THRESHOLD``.
    """
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
