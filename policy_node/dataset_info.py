"""What meta/ of a LeRobot dataset says of its columns, v2.1 and v3.0. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

INFO = Path('meta', 'info.json')
"""Every dataset has it."""


def read_info(folder: Path) -> Mapping[str, Any]:
    """meta/info.json of a dataset.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no JSON.
    """
    info: Mapping[str, Any] = json.loads((folder / INFO).read_text())
    return info


def columns_of(feature: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a feature's columns; numbers where it has none.

    Args:
        feature: Entry of ``features``. Its names are a list, a list in a mapping, or missing.
    """
    names = feature.get('names')
    if isinstance(names, Mapping):
        names = next((value for value in names.values() if isinstance(value, list)), list(names))
    return tuple(map(str, names or range(feature['shape'][0])))
