"""Are state and actions such as a LeRobot dataset has them? Pure: numpy only.

Policies normalise with statistics of their checkpoint. What this finds is a robot that speaks
another language than the data did: degrees for radians, another order, another zero.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.dataset_info import columns_of, read_info
from segue_core.chunk import Chunk
from segue_core.contract import JOINT_STATE, POSE, Contract
from segue_core.parameters import ParameterError

MARGIN = 0.1
"""How far beyond the range of a column is still like the data, as a share of the range."""
NOISE = 0.02
"""The same at least, for columns that stood still in the data [the column's unit]."""
ACTION, STATE = 'action', 'observation.state'


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """What the dataset has of some columns.

    Attributes:
        what: For people: state or action.
        names: N columns.
        low: Smallest values, shape (N,).
        high: Largest values, shape (N,).
    """

    what: str
    names: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def doubt(self, values: NDArray[np.floating[Any]]) -> str:
        """What is outside, shape (N,) or (H, N); empty if nothing is."""
        slack = np.maximum(MARGIN * (self.high - self.low), NOISE)
        way = np.maximum(self.low - values, values - self.high)
        outside = np.argwhere(way > slack)
        if not len(outside):
            return ''
        where = tuple(outside[0])
        k = int(where[-1])
        return (f'{self.what} {self.names[k]} is {values[where]:.4g}, the dataset has '
                f'{self.low[k]:.4g}..{self.high[k]:.4g}')


@dataclass(frozen=True, slots=True, eq=False)
class DatasetRanges:
    """Ranges of the columns that a contract and a dataset share.

    Attributes:
        actions: Of the contract's columns, in its order.
        features: Feature of the contract -> its range; those that the dataset lacks are left out.
    """

    actions: Range
    features: Mapping[str, Range]

    @classmethod
    def read(cls, folder: Path, contract: Contract) -> DatasetRanges:
        """Read a dataset's statistics.

        Raises:
            ParameterError: It is no dataset, or its columns are not the contract's.
        """
        try:
            described = read_info(folder)['features']
            bounds = _bounds(folder)
            known = {key: (columns_of(described[key]), *bounds[key])
                     for key in described if key in bounds}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ParameterError(
                f'lerobot_dataset_path {str(folder)!r} is no LeRobot dataset with statistics '
                f'(meta/info.json, meta/stats.json): {type(error).__name__}: {error}') from error
        if ACTION not in known:
            raise ParameterError(f'lerobot_dataset_path {str(folder)!r} has no statistics of '
                                 f'{ACTION}, only of {", ".join(known)}')
        features = {}
        for feature, names in _vectors(contract).items():
            key = next((k for k in (feature, f'observation.{feature}') if k in known), STATE)
            if key in known and (key != STATE or feature in (STATE, 'state')
                                 or set(names) <= set(known[key][0])):
                features[feature] = _range(feature, names, key, known[key])
        return cls(_range(ACTION, contract.action_names, ACTION, known[ACTION]), features)

    def made(self, chunk: Chunk) -> str:
        """What of a chunk is unlike the data; empty if nothing is."""
        order = [chunk.names.index(name) for name in self.actions.names]
        return self.actions.doubt(chunk.actions[:, order])

    def observed(self, features: Mapping[str, Any]) -> str:
        """What of an observation is unlike the data; empty if nothing is."""
        found = (each.doubt(np.asarray(features[name], dtype=np.float64))
                 for name, each in self.features.items() if name in features)
        return next(filter(None, found), '')


def _vectors(contract: Contract) -> dict[str, tuple[str, ...]]:
    """Feature -> names of its columns."""
    found: dict[str, tuple[str, ...]] = {}
    for i in contract.inputs:
        if i.type in (JOINT_STATE, POSE):
            found[i.feature] = (*found.get(i.feature, ()), *i.names)
    return found


def _range(what: str, names: Sequence[str], key: str,
           known: tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]) -> Range:
    """Columns by name, by position where the dataset calls all of them something else."""
    has, low, high = known
    if set(names) <= set(has):
        picked = [has.index(name) for name in names]
        if len(names) == len(has) and picked != sorted(picked):
            raise ParameterError(
                f'the contract has the columns of {what} in another order than {key} of '
                f'lerobot_dataset_path: {", ".join(has)}')
    elif len(names) == len(has):
        picked = list(range(len(has)))
    else:
        raise ParameterError(
            f'the contract has {len(names)} columns of {what}, {key} of lerobot_dataset_path has '
            f'{len(has)}: {", ".join(has)}')
    return Range(what, tuple(names), low[picked], high[picked])


def _bounds(folder: Path) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Feature -> smallest and largest value of each column, of the features that are vectors."""
    file = folder / 'meta/stats.json'
    if file.exists():
        episodes = [json.loads(file.read_text())]
    else:       # LeRobot 0.3 has them for each episode only
        lines = (folder / 'meta/episodes_stats.jsonl').read_text().splitlines()
        episodes = [json.loads(line)['stats'] for line in lines]
    return {key: (np.min([np.atleast_1d(e[key]['min']) for e in episodes], axis=0).astype(float),
                  np.max([np.atleast_1d(e[key]['max']) for e in episodes], axis=0).astype(float))
            for key in episodes[0] if np.ndim(episodes[0][key]['min']) == 1}
