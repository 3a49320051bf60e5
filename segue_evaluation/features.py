"""What a policy observes of a simulator's reading, as the contract says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from robot_bridge.driver import EpisodeStart, Reading
from segue_core.contract import (
    COMPRESSED_IMAGE,
    IMAGE,
    JOINT_STATE,
    MARKER,
    MARKERS,
    POSE,
    TRANSFORMS,
    Input,
)
from segue_core.parameters import ParameterError

END_EFFECTOR = 'eef'


def observe(inputs: tuple[Input, ...], reading: Reading, start: EpisodeStart) -> dict[str, Any]:
    """Features of one instant: the values that policy_node decodes from the bridge's topics.

    Args:
        inputs: The contract's.
        reading: With images.
        start: The current episode.

    Raises:
        ParameterError: The contract names something that the simulator does not give.
    """
    parts: dict[str, list[Any]] = {}
    for i in inputs:
        try:
            parts.setdefault(i.feature, []).append(_VALUES[i.type](i, reading, start))
        except KeyError as error:
            raise ParameterError(f'contract.{i.name}: the simulator gives no {error}') from error
    return {feature: values[0] if len(values) == 1 else np.concatenate(values)
            for feature, values in parts.items()}


def camera_of(i: Input) -> str:
    """Camera of an image input, as the bridge's topics name it: <camera>/image_raw."""
    return i.topic.strip('/').split('/')[0]


def _image(i: Input, reading: Reading, start: EpisodeStart) -> Any:
    image = reading.images[camera_of(i)]
    return np.ascontiguousarray(np.rot90(image, -i.rotate // 90)) if i.rotate else image


def _joints(i: Input, reading: Reading, start: EpisodeStart) -> Any:
    index = {name: k for k, name in enumerate(reading.joint_names)}
    columns = {'': reading.positions, 'position': reading.positions,
               'velocity': reading.velocities}
    named = [name.partition('/') for name in i.names]
    return np.array([columns[quantity][index[joint]] for joint, _, quantity in named])


def _pose(i: Input, reading: Reading, start: EpisodeStart) -> Any:
    pose = reading.poses[END_EFFECTOR]
    rotation = Rotation.from_quat(pose[3:]).as_rotvec()
    values = dict(zip(('x', 'y', 'z', 'qx', 'qy', 'qz', 'qw', 'rx', 'ry', 'rz'),
                      (*pose, *rotation), strict=True))
    return np.array([values[name] for name in i.names])


def _transforms(i: Input, reading: Reading, start: EpisodeStart) -> Any:
    return {frame: pose for frame, pose in reading.poses.items() if frame != END_EFFECTOR}


_VALUES: Mapping[str, Callable[[Input, Reading, EpisodeStart], Any]] = {
    IMAGE: _image, COMPRESSED_IMAGE: _image, JOINT_STATE: _joints, POSE: _pose,
    TRANSFORMS: _transforms,
    MARKERS: lambda i, reading, start: start.scene,
    MARKER: lambda i, reading, start: start.goal,
}
