"""Renders a MuJoCo scene off screen, apart from the simulation, so that it cannot disturb it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_bridge.drivers.libero.installation import gl_context

_MAX_GEOMS = 1000
_VISUAL_GROUP_ONLY = (0, 1)
"""Geometry groups 0 (collision) and 1 (visual): which of them LIBERO shows."""


class Renderer:
    """One OpenGL context; to be used and closed on the thread that made it.

    Args:
        model: MuJoCo model.
        size: Width and height of the images [px].
        fast: Leave out shadows, reflections and anti-aliasing. The model is changed accordingly,
            in nothing that the physics uses.
    """

    def __init__(self, model: Any, size: int, *, fast: bool) -> None:
        import mujoco
        self._model, self._size = model, size
        model.vis.global_.offwidth = max(model.vis.global_.offwidth, size)
        model.vis.global_.offheight = max(model.vis.global_.offheight, size)
        if fast:
            model.vis.quality.offsamples = 0
            model.light_castshadow[:] = 0
            model.mat_reflectance[:] = 0
        self._gl = gl_context()(size, size)
        self._gl.make_current()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_150)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(model, maxgeom=_MAX_GEOMS)
        self._options = mujoco.MjvOption()
        self._options.geomgroup[:2] = _VISUAL_GROUP_ONLY
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED

    def render(self, data: Any, camera_id: int) -> NDArray[np.uint8]:
        """Render one camera, shape (size, size, 3) RGB, upright."""
        import mujoco
        self._gl.make_current()
        self._camera.fixedcamid = camera_id
        mujoco.mjv_updateScene(self._model, data, self._options, None, self._camera,
                               mujoco.mjtCatBit.mjCAT_ALL, self._scene)
        view = mujoco.MjrRect(0, 0, self._size, self._size)
        mujoco.mjr_render(view, self._scene, self._context)
        image = np.empty((self._size, self._size, 3), dtype=np.uint8)
        mujoco.mjr_readPixels(image, None, view, self._context)
        return np.ascontiguousarray(image[::-1])     # OpenGL's first row is the lowest

    def close(self) -> None:
        """Let go of the graphics memory."""
        self._gl.make_current()
        self._context.free()
        self._gl.free()
