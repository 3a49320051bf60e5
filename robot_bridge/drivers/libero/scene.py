"""Frames of a LIBERO scene: which bodies and regions there are, where, and of which shape."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EEF = 'eef'
BASE = 'panda_link0'
POINT_SPACING = 0.012
"""Largest distance of neighbouring points on a box or cylinder [m]."""
_CELL = 0.003
"""Points closer than this are one [m]."""
_MAX_POINTS = 1500
"""Points of one frame; larger cells are used until there are no more."""
_SUPPORTS = ('floor', 'table', 'countertop')


class Scene:
    """Poses and shapes by frame name, in the world frame.

    Frames are ``eef``; the robot's base ``panda_link0``; every movable object and every fixture
    that stands on the table, under their names in the task's description; parts that move on
    their own (drawers, doors), under their MuJoCo body's name; and the regions that the goal
    speaks of.

    Args:
        env: robosuite environment of the task.
    """

    def __init__(self, env: Any) -> None:
        self._model, self._data = env.sim.model._model, env.sim.data._data
        robot = env.robots[0]
        self._eef_site = robot.eef_site_id
        self._hand = self._model.body(robot.robot_model.eef_name).id
        self._base = self._model.body(robot.robot_model.root_body).id
        self._bodies = self._find_bodies({**env.objects_dict, **env.fixtures_dict})
        wanted = {word for predicate in env.parsed_problem['goal_state'] for word in predicate}
        self._sites = {name: self._model.site(name).id
                       for name in env.object_sites_dict if name in wanted}

    def poses(self) -> Mapping[str, Array]:
        """Frame -> (7,) x y z qx qy qz qw in the world frame [m, -].

        ``eef`` is what LIBERO observes as robot0_eef_pos and robot0_eef_quat: the position of the
        grip site between the fingertips with the orientation of the hand.
        """
        d = self._data
        poses = {EEF: _pose(d.site_xpos[self._eef_site], d.xquat[self._hand]),
                 BASE: _pose(d.xpos[self._base], d.xquat[self._base])}
        poses.update({name: _pose(d.xpos[body], d.xquat[body])
                      for name, body in self._bodies.items()})
        poses.update({name: _pose(d.site_xpos[site], _quaternion(d.site_xmat[site]))
                      for name, site in self._sites.items()})
        return MappingProxyType(poses)

    def eef_motion(self) -> Array:
        """Position [m] and velocity [m/s] of the end effector, shape (2, 3)."""
        import mujoco
        velocity = np.empty(6)
        mujoco.mj_objectVelocity(self._model, self._data, mujoco.mjtObj.mjOBJ_SITE,
                                 self._eef_site, velocity, 0)
        return np.stack([self._data.site_xpos[self._eef_site], velocity[3:]])

    def shapes(self) -> Mapping[str, Array]:
        """Frame -> points on its collision geometry in its own frame [m], shape (N, 3).

        A region's points are on its boundary. The robot and bodies that collide with
        nothing have no points.
        """
        shapes = {name: self._body_points(body) for name, body in self._bodies.items()}
        shapes.update({name: _box(self._model.site_size[site])
                       for name, site in self._sites.items()})
        return MappingProxyType({n: _thinned(p) for n, p in shapes.items() if len(p)})

    def _find_bodies(self, objects: Mapping[str, Any]) -> dict[str, int]:
        """Bodies with a frame: roots of the objects, and below them what has a joint."""
        m = self._model
        bodies = {}
        for name, thing in objects.items():
            if any(support in name for support in _SUPPORTS):
                continue
            root = m.body(thing.root_body).id
            bodies[name] = root
            bodies.update({m.body(b).name: b for b in range(root + 1, m.nbody)
                           if m.body_rootid[b] == m.body_rootid[root] and m.body_jntnum[b]
                           and self._is_below(b, root)})
        return bodies

    def _is_below(self, body: int, root: int) -> bool:
        while body > root:
            body = self._model.body_parentid[body]
        return body == root

    def _body_points(self, body: int) -> Array:
        """Points of a body and of what is welded to it, in its frame."""
        m, d = self._model, self._data
        framed = set(self._bodies.values())
        points = [np.empty((0, 3))]
        for geom in range(m.ngeom):
            owner = m.geom_bodyid[geom]
            while owner and owner not in framed:
                owner = m.body_parentid[owner]
            if owner != body or not (m.geom_contype[geom] or m.geom_conaffinity[geom]):
                continue
            world = (self._geom_points(geom) @ d.geom_xmat[geom].reshape(3, 3).T
                     + d.geom_xpos[geom])
            points.append((world - d.xpos[body]) @ d.xmat[body].reshape(3, 3))
        return np.concatenate(points)

    def _geom_points(self, geom: int) -> Array:
        import mujoco
        m = self._model
        kind, size = m.geom_type[geom], m.geom_size[geom]
        if kind == mujoco.mjtGeom.mjGEOM_MESH:
            mesh = m.geom_dataid[geom]
            first = m.mesh_vertadr[mesh]
            return np.asarray(m.mesh_vert[first:first + m.mesh_vertnum[mesh]], dtype=np.float64)
        if kind == mujoco.mjtGeom.mjGEOM_BOX:
            return _box(size)
        if kind in (mujoco.mjtGeom.mjGEOM_CYLINDER, mujoco.mjtGeom.mjGEOM_CAPSULE):
            return _cylinder(size[0], size[1])
        return _box(np.full(3, size[0]))     # spheres: the box around them


def _pose(position: Array, quaternion: Array) -> Array:
    """Pose x y z qx qy qz qw from a position and MuJoCo's w x y z quaternion."""
    return np.concatenate([position, np.roll(quaternion, -1)])


def _quaternion(matrix: Array) -> Array:
    import mujoco
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, matrix)
    return quaternion


def _box(half: Array) -> Array:
    """Points on the surface of a box with these half sizes [m]."""
    axes = [np.linspace(-h, h, max(2, int(np.ceil(2 * h / POINT_SPACING)) + 1)) for h in half]
    grid = np.stack(np.meshgrid(*axes, indexing='ij'), -1).reshape(-1, 3)
    return grid[(np.abs(grid) >= np.asarray(half) - 1e-9).any(axis=1)]


def _cylinder(radius: float, half_height: float) -> Array:
    """Points on the side of an upright cylinder [m]."""
    angles = np.linspace(0, 2 * np.pi, max(8, int(2 * np.pi * radius / POINT_SPACING)),
                         endpoint=False)
    heights = np.linspace(-half_height, half_height,
                          max(2, int(np.ceil(2 * half_height / POINT_SPACING)) + 1))
    ring = np.stack([np.cos(angles), np.sin(angles)], -1) * radius
    return np.concatenate([np.c_[ring, np.full(len(ring), z)] for z in heights])


def _thinned(points: Array, cell: float = _CELL) -> Array:
    """One point of each small cell, in the original order."""
    _, first = np.unique(np.round(points / cell), axis=0, return_index=True)
    if len(first) > _MAX_POINTS:
        return _thinned(points, 1.5 * cell)
    return points[np.sort(first)]
