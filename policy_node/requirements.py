"""What a policy needs, asked of its plug-in, and observations that have it. Pure: no ROS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from policy_node.policy import (
    IMAGE,
    OTHER,
    VECTOR,
    BatchPolicy,
    Feature,
    Observation,
    Policy,
    PolicyConfig,
    PolicyError,
    Requirements,
    SubtaskPolicy,
)
from policy_node.server import GROUP
from segue_core.contract import IMAGES, JOINT_STATE, POSE, Contract
from segue_core.plugins import load_plugin

CAMERA_SHAPE = (480, 640, 3)
"""Of images whose size nobody tells: a common camera's [px]."""


def requirements_of(config: PolicyConfig) -> Requirements | None:
    """Ask a plug-in what its policy needs; None if it does not tell before it is loaded.

    Raises:
        PluginError: There is no such policy, or it cannot be imported.
        PolicyError: Its checkpoint or server cannot be read.
    """
    describe = getattr(load_plugin(GROUP, config.policy), 'describe', None)
    return describe(config) if describe else None


def features_of(contract: Contract) -> tuple[Feature, ...]:
    """What a contract gives; images without their size."""
    kinds = {i.feature: IMAGE if i.type in IMAGES else
             VECTOR if i.type in (JOINT_STATE, POSE) and i.names else OTHER
             for i in contract.inputs}
    return tuple(Feature(name, kind, (contract.features[name],) if kind == VECTOR else ())
                 for name, kind in kinds.items())


def example(features: Iterable[Feature], prompt: str = 'do the task') -> Observation:
    """An observation of the right shape, the same each time: noise as images, small vectors.

    Raises:
        PolicyError: A feature is a vector of unknown length, or neither image nor vector.
    """
    return Observation(0, 0, prompt, {f.name: _value(f) for f in features})


def untruths(told: Requirements, policy: Policy) -> list[str]:
    """What a policy is, once loaded, that was not told so."""
    made = policy.metadata
    facts = {
        'features': (sorted({f.name for f in told.features}), sorted(made.features)),
        'columns': (told.columns, len(made.action_names)),
        'action_names': (told.action_names, made.action_names),
        'action_units': (told.action_units, made.action_units),
        'batches': (told.batches, isinstance(policy, BatchPolicy)),
        'subtasks': (told.subtasks, isinstance(policy, SubtaskPolicy))}
    found = [f'{name}: told {was}, is {now}' for name, (was, now) in facts.items()
             if was != now and (was or isinstance(was, bool))]
    if told.horizon and made.horizon > told.horizon:
        found.append(f'horizon: told at most {told.horizon}, is {made.horizon}')
    return found


def _value(feature: Feature) -> Any:
    random = np.random.default_rng(0)
    if feature.kind == IMAGE:
        return random.integers(0, 256, feature.shape or CAMERA_SHAPE, dtype=np.uint8)
    if feature.kind == VECTOR and feature.shape:
        return random.uniform(-0.1, 0.1, feature.shape)
    raise PolicyError(f'feature {feature.name!r} cannot be made up: '
                      + ('its length is not known; give a parameter file whose contract has it'
                         if feature.kind == VECTOR else 'it is neither an image nor a vector'))
