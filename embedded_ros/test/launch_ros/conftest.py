"""Shared by the tests of launch_ros: the fixtures of launch's tests."""

import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[1] / 'launch/conftest.py'
_spec = importlib.util.spec_from_file_location('launch_test_fixtures', _PATH)
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
log_dir, screen, run = _fixtures.log_dir, _fixtures.screen, _fixtures.run
