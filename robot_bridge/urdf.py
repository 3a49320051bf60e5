"""A robot's description in URDF: its joints, their limits, and where they take its links. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

KINDS = ('revolute', 'continuous', 'prismatic', 'fixed')
"""Joint types that are understood: all with one degree of freedom or none."""


class UrdfError(ValueError):
    """A description cannot be used; the message names the element and what is wrong."""


@dataclass(frozen=True, slots=True)
class Joint:
    """One joint.

    Attributes:
        name: Name of the joint.
        kind: One of `KINDS`.
        parent: Link that it is mounted on.
        child: Link that it moves.
        origin: Pose of the child in the parent at position 0, shape (4, 4) [m].
        axis: Unit vector in the child's frame, shape (3,).
        lower: Smallest position [rad] or [m]; -inf without a limit.
        upper: Largest position [rad] or [m]; inf without a limit.
        mimics: Joint that this one follows; empty for none.
        multiplier: Of the position of the joint that it follows.
        offset: Added to that [rad] or [m].
    """

    name: str
    kind: str
    parent: str
    child: str
    origin: NDArray[np.float64]
    axis: NDArray[np.float64]
    lower: float
    upper: float
    mimics: str = ''
    multiplier: float = 1.0
    offset: float = 0.0

    def poses(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pose of the child in the parent, shape (N, 4, 4), for positions of shape (N,)."""
        moved = np.tile(np.eye(4), (len(positions), 1, 1))
        along = np.outer(positions, self.axis)
        if self.kind == 'prismatic':
            moved[:, :3, 3] = along
        elif self.kind != 'fixed':
            moved[:, :3, :3] = Rotation.from_rotvec(along).as_matrix()
        posed: NDArray[np.float64] = self.origin @ moved
        return posed


@dataclass(frozen=True, slots=True)
class RobotModel:
    """A tree of links.

    Attributes:
        root: Link that no joint moves.
        joints: Joint name -> joint.
    """

    root: str
    joints: Mapping[str, Joint]

    def pose_of(self, joint: Joint, positions: Mapping[str, NDArray[np.float64]]
                ) -> NDArray[np.float64] | None:
        """Pose of a joint's child in its parent.

        Args:
            joint: One of ``joints``.
            positions: Joint name -> positions, shape (N,); fixed joints need none.

        Returns:
            Shape (N, 4, 4), (1, 4, 4) for a fixed joint; None when its position is not known.
        """
        if joint.kind == 'fixed':
            return joint.poses(np.zeros(1))
        moving = positions.get(joint.mimics or joint.name)
        return None if moving is None else joint.poses(joint.multiplier * moving + joint.offset)

    def chain(self, link: str) -> tuple[Joint, ...]:
        """Joints from the root to a link.

        Raises:
            UrdfError: There is no such link.
        """
        above = {joint.child: joint for joint in self.joints.values()}
        if link != self.root and link not in above:
            raise UrdfError(f'there is no link {link!r}; links: {", ".join([self.root, *above])}')
        found: list[Joint] = []
        while link != self.root:
            found.append(above[link])
            link = above[link].parent
        return tuple(reversed(found))

    def path(self, link: str, positions: Mapping[str, NDArray[np.float64]]
             ) -> NDArray[np.float64]:
        """Way of a link in the root's frame.

        Args:
            link: Name of the link.
            positions: Joint name -> positions, shape (N,) [rad] or [m]; others stand at 0.

        Returns:
            Shape (N, 3) [m].

        Raises:
            UrdfError: There is no such link.
        """
        count = max((len(p) for p in positions.values()), default=1)
        pose = np.tile(np.eye(4), (count, 1, 1))
        for joint in self.chain(link):
            step = self.pose_of(joint, positions)
            pose = pose @ (joint.poses(np.zeros(1)) if step is None else step)
        return pose[:, :3, 3]


def parse(text: str) -> RobotModel:
    """Read a description.

    Raises:
        UrdfError: It is no URDF, or its joints make no tree.
    """
    try:
        robot = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise UrdfError(f'the robot description is no XML: {error}') from error
    if robot.tag != 'robot':
        raise UrdfError(f'the robot description must be a <robot>, got <{robot.tag}>; '
                        'expand xacro files first')
    joints = {joint.name: joint for joint in map(_joint, robot.findall('joint'))}
    children = [joint.child for joint in joints.values()]
    links = [link.get('name', '') for link in robot.findall('link')]
    for joint in joints.values():
        for end in (joint.parent, joint.child):
            if end not in links:
                raise UrdfError(f'joint {joint.name!r} names link {end!r}, which does not exist')
    roots = [link for link in links if link not in children]
    if len(roots) != 1 or len(set(children)) != len(children):
        raise UrdfError(f'the links must make one tree; without a parent are {roots}')
    return RobotModel(roots[0], joints)


def _joint(element: ElementTree.Element) -> Joint:
    name, kind = element.get('name', ''), element.get('type', '')
    if kind not in KINDS:
        raise UrdfError(f'joint {name!r} is of type {kind!r}; known: {", ".join(KINDS)}')
    limit, mimic = element.find('limit'), element.find('mimic')
    bounded = limit is not None and kind != 'continuous'
    try:
        origin = np.eye(4)
        origin[:3, 3] = _numbers(element, 'origin', 'xyz', '0 0 0')
        origin[:3, :3] = Rotation.from_euler(
            'xyz', _numbers(element, 'origin', 'rpy', '0 0 0')).as_matrix()
        axis = _numbers(element, 'axis', 'xyz', '1 0 0')
        return Joint(
            name, kind, _link(element, 'parent'), _link(element, 'child'), origin,
            axis / np.linalg.norm(axis) if kind != 'fixed' else axis,
            float(limit.get('lower', '0')) if limit is not None and bounded else -np.inf,
            float(limit.get('upper', '0')) if limit is not None and bounded else np.inf,
            *((mimic.get('joint', ''), float(mimic.get('multiplier', '1')),
               float(mimic.get('offset', '0'))) if mimic is not None else ()))
    except ValueError as error:
        raise UrdfError(f'joint {name!r}: {error}') from error


def _numbers(element: ElementTree.Element, tag: str, attribute: str, default: str
             ) -> NDArray[np.float64]:
    found = element.find(tag)
    numbers = np.array((default if found is None else found.get(attribute, default)).split(),
                       dtype=np.float64)
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        raise ValueError(f'{tag} {attribute} must be three numbers, got {numbers.tolist()}')
    return numbers


def _link(element: ElementTree.Element, tag: str) -> str:
    found = element.find(tag)
    if found is None or not found.get('link'):
        raise ValueError(f'<{tag} link="..."> is missing')
    return found.get('link', '')
