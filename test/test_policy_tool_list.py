"""`policy list`: what is installed, whose it is, what it lacks; a broken plug-in is no crash."""

import json
import os
import subprocess
import sys

import pytest

from policy_node.tool.cli import main


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """Somebody's distribution with three policies, as pip installs it."""
    info = tmp_path / 'their_policies-1.2.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(
        'Metadata-Version: 2.1\nName: their-policies\nVersion: 1.2\nProvides-Extra: big-model\n'
        'Provides-Extra: small_model\nProvides-Extra: damaged\nRequires-Dist: numpy\n'
        'Requires-Dist: no-such-distribution>=2; extra == "big-model"\n'
        'Requires-Dist: pytest>=1; extra == "small_model"\n'
        'Requires-Dist: their-policies[big-model]>=1; extra == "damaged"\n')
    (info / 'entry_points.txt').write_text(
        '[segue.policies]\nbig_model = their_big\nsmall_model = their_small:Small\n'
        'damaged = their_damaged\n')
    (tmp_path / 'their_big.py').write_text('"""A big one.\n\nWith more text."""\n')
    (tmp_path / 'their_small.py').write_text('class Small:\n    """A small one."""\n')
    (tmp_path / 'their_damaged.py').write_text('raise RuntimeError("no licence")\n')
    monkeypatch.syspath_prepend(tmp_path)


def listed(capsys):
    assert main(['list', '--json']) == 0
    return {entry['name']: entry for entry in json.loads(capsys.readouterr().out)}


def test_policies_of_others_are_listed_with_their_origin(theirs, capsys):
    found = listed(capsys)
    assert {'reference', 'mock', 'big_model', 'damaged'} <= set(found)
    assert found['big_model']['summary'] == 'A big one.'
    assert found['big_model']['origin'] == 'their-policies 1.2'
    assert found['small_model']['summary'] == 'A small one.'
    assert found['reference']['origin'].startswith('segue ')


def test_extra_of_the_same_name_is_what_a_policy_needs(theirs, capsys):
    found = listed(capsys)
    assert found['big_model']['state'] == 'pip install "their-policies[big-model]"'
    assert found['big_model']['missing'] == ['no-such-distribution>=2']
    assert found['small_model']['state'].endswith('is there')
    assert found['mock']['state'] == '-'


def test_extra_of_what_is_needed_must_be_there_too(theirs, capsys):
    assert listed(capsys)['damaged']['missing'] == ['their-policies[big-model]>=1']


def test_plugin_that_cannot_be_imported_is_shown_with_the_reason(theirs, capsys):
    assert main(['list']) == 0
    lines = capsys.readouterr().out.splitlines()
    damaged, = (line for line in lines if line.startswith('damaged'))
    assert 'broken' in damaged and 'RuntimeError: no licence' in damaged
    assert sum(line.startswith('mock ') for line in lines) == 1


def test_reader_that_has_had_enough_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing) as closed:
        done = subprocess.run([sys.executable, '-m', 'policy_node.tool.cli', 'list'],
                              stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, '')
