"""Paths in parameters."""

from pathlib import Path

import pytest

from segue_core.parameters import ParameterError
from segue_core.paths import package_file, resolve

ROOT = Path(__file__).parents[1]


def test_path_stands_for_itself():
    assert resolve('some/folder') == Path('some/folder')


def test_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv('HOME', '/home/robot')
    assert resolve('~/weights') == Path('/home/robot/weights')


def test_package_url_leads_to_what_comes_with_the_package():
    found = resolve('package://segue/config/libero.yaml')
    assert found.read_text() == (ROOT / 'config' / 'libero.yaml').read_text()
    assert found == package_file('config', 'libero.yaml')


@pytest.mark.parametrize('text', ['package://no_such_package/x', 'package://', 'package://a b/c'])
def test_package_that_is_not_installed_is_named(text):
    with pytest.raises(ParameterError, match='not installed'):
        resolve(text)
