"""A PolicyServer's answer as rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.lerobot_wire.reading import PickleError, TimedAction, read


def read_actions(data: bytes) -> tuple[int, NDArray[Any]]:
    """The rows of an answer.

    Args:
        data: Pickle of a list of ``TimedAction``.

    Returns:
        Timestep of the first row, and the rows, shape (H, D).

    Raises:
        PickleError: It is none, names something else, or its rows do not follow each other.
    """
    rows = read(data, 'actions')
    if not (isinstance(rows, list) and rows and all(isinstance(r, TimedAction) for r in rows)):
        raise PickleError(f'a {type(rows).__name__} where a list of TimedAction is due')
    steps = [r.fields.get('timestep') for r in rows]
    first = steps[0]
    if type(first) is not int or steps != list(range(first, first + len(rows))):
        raise PickleError('actions whose timesteps do not follow each other')
    actions = [r.fields.get('action') for r in rows]
    shape = getattr(actions[0], 'shape', None)
    if not all(isinstance(a, np.ndarray) and a.shape == shape and a.ndim == 1
               and a.dtype.kind in 'iuf' for a in actions):
        raise PickleError('actions that are not rows of numbers of one length')
    return first, np.stack(actions)
