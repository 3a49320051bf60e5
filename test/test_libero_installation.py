"""LIBERO that is missing, incomplete, of another version, or without OpenGL: one line says so."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from robot_bridge.driver import DriverError
from robot_bridge.drivers.libero import installation

ROOT = Path(__file__).parents[1]
INSTALL = r'install with: pip install .*-r requirements/libero\.txt'


def test_another_mujoco_is_refused_because_it_is_another_benchmark(monkeypatch):
    monkeypatch.setattr(importlib.metadata, 'version', lambda name: '3.1.0')
    with pytest.raises(DriverError, match=rf'mujoco is 3\.1\.0, LIBERO needs 2\.3\.7.*{INSTALL}'):
        installation.prepare()


def test_missing_mujoco_is_named(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)
    monkeypatch.setattr(importlib.metadata, 'version', missing)
    with pytest.raises(DriverError, match=f'mujoco is not installed; {INSTALL}'):
        installation.prepare()


def test_missing_libero_is_named(monkeypatch):
    monkeypatch.setattr(installation, 'find_spec', lambda name: None)
    with pytest.raises(DriverError, match=f'libero is not installed; {INSTALL}'):
        installation.prepare()


def test_libero_without_assets_is_named_with_the_folder(monkeypatch, tmp_path):
    for folder in ('bddl_files', 'init_files'):
        (tmp_path / 'libero' / folder / 'suite').mkdir(parents=True)
    found = {'libero': SimpleNamespace(submodule_search_locations=[str(tmp_path)])}
    monkeypatch.setattr(installation, 'find_spec', found.get)
    with pytest.raises(DriverError, match=f'LIBERO has no assets: {tmp_path}/libero/assets is'):
        installation.prepare()


def test_without_opengl_cameras_are_refused_and_everything_else_works():
    script = '''
from robot_bridge.driver import DriverError
from robot_bridge.drivers.libero import LiberoSimulator
try:
    LiberoSimulator('libero_object', 0).connect()
except DriverError as error:
    print(error)
blind = LiberoSimulator('libero_object', 0, cameras=())
blind.connect()
blind.reset(0, 0)
blind.hold()
print(blind.read(cameras=True).images)
'''
    env = os.environ | {'MUJOCO_GL': 'disabled', 'PYTHONPATH': str(ROOT)}
    done = subprocess.run([sys.executable, '-c', script], env=env, text=True, cwd=ROOT,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    error, images = done.stdout.splitlines()
    assert "MUJOCO_GL is 'disabled'" in error
    assert 'apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri' in error
    assert images == '{}'
