"""Hints for mistyped names."""

import difflib
from collections.abc import Iterable

_FEW = 10


def near_matches(name: str, names: Iterable[str]) -> str:
    """The end of an error message that tells similar names, or all if there are few."""
    known = sorted(names)
    near = difflib.get_close_matches(name, known, cutoff=0.6)
    if near:
        return f'; did you mean {" or ".join(repr(match) for match in near)}?'
    return f'; there are: {", ".join(known)}' if 0 < len(known) <= _FEW else ''
