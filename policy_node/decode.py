"""ROS messages to the values that policies see, one function for each message type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from cv_bridge import CvBridge

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
from segue_core.ros_messages import to_ns

_bridge = CvBridge()


class DecodeError(ValueError):
    """A message lacks what the contract names."""


def decode(i: Input, msg: Any) -> Any:
    """Value of an input's feature.

    Args:
        i: Which values to take.
        msg: Message of type ``i.type``.

    Returns:
        As `policy_node.policy.Observation.features` says.

    Raises:
        DecodeError: The message lacks a name or has an unusable encoding.
    """
    return _DECODERS[i.type](i, msg)


def stamp_of(msg: Any) -> int:
    """When a message was taken; that of its newest part where only its parts have headers [ns]."""
    if hasattr(msg, 'header'):
        return to_ns(msg.header.stamp)
    parts: Any = getattr(msg, 'transforms', None) or getattr(msg, 'markers', ())
    return max((to_ns(p.header.stamp) for p in parts), default=0)


def _image(i: Input, msg: Any) -> np.ndarray:
    try:
        return _upright(i, np.asarray(_bridge.imgmsg_to_cv2(msg, 'rgb8')))
    except Exception as error:     # cv_bridge raises its own, OpenCV's and numpy's errors
        raise DecodeError(f'{i.topic}: {error}') from error


def _compressed(i: Input, msg: Any) -> np.ndarray:
    try:
        return _upright(i, np.asarray(_bridge.compressed_imgmsg_to_cv2(msg, 'rgb8')))
    except Exception as error:
        raise DecodeError(f'{i.topic}: {error}') from error


def _upright(i: Input, image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(image, -i.rotate // 90)) if i.rotate else image


def _joints(i: Input, msg: Any) -> np.ndarray:
    index = {name: k for k, name in enumerate(msg.name)}
    values = []
    for wanted in i.names:
        joint, _, quantity = wanted.partition('/')
        column = getattr(msg, quantity or 'position', ())
        if joint not in index or index[joint] >= len(column):
            raise DecodeError(f'{i.topic}: no {quantity or "position"} of joint {joint!r}; it has '
                              f'{", ".join(msg.name)}')
        values.append(column[index[joint]])
    return np.array(values, dtype=np.float64)


def _pose(i: Input, msg: Any) -> np.ndarray:
    p, q = msg.pose.position, msg.pose.orientation
    parts = {'x': p.x, 'y': p.y, 'z': p.z, 'qx': q.x, 'qy': q.y, 'qz': q.z, 'qw': q.w}
    if any(name.startswith('r') for name in i.names):
        parts.update(zip(('rx', 'ry', 'rz'), _rotation_vector(q), strict=True))
    unknown = [name for name in i.names if name not in parts]
    if unknown:
        raise DecodeError(f'{i.topic}: a pose has no {unknown[0]!r}; it has x y z qx qy qz qw '
                          'rx ry rz')
    return np.array([parts[name] for name in i.names])


def _rotation_vector(q: Any) -> np.ndarray:
    """Rotation vector [rad], shape (3,), with the angle of the quaternion as given, 0..2 pi.

    Brought below pi it would change its sign whenever a hand that points down tilts to and fro.
    """
    axis = np.array([q.x, q.y, q.z])
    sine = np.linalg.norm(axis)
    return axis / sine * 2 * np.arctan2(sine, q.w) if sine else np.zeros(3)


def _transforms(i: Input, msg: Any) -> dict[str, np.ndarray]:
    poses = {}
    for t in msg.transforms:
        p, q = t.transform.translation, t.transform.rotation
        poses[t.child_frame_id] = np.array([p.x, p.y, p.z, q.x, q.y, q.z, q.w])
    return poses


def _markers(i: Input, msg: Any) -> dict[str, np.ndarray]:
    return {m.ns: np.array([[p.x, p.y, p.z] for p in m.points]).reshape(-1, 3)
            for m in msg.markers}


def _text(i: Input, msg: Any) -> str:
    return str(msg.text)


_DECODERS: dict[str, Callable[[Input, Any], Any]] = {
    IMAGE: _image, COMPRESSED_IMAGE: _compressed, JOINT_STATE: _joints, POSE: _pose,
    TRANSFORMS: _transforms, MARKERS: _markers, MARKER: _text,
}
