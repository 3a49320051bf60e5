"""policy_node starts the model server that the robot's side asks for, and ends it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpi_server
import pytest
import remote_helpers as h
from graph import wait_for

from policy_node.policies import gr00t, openpi
from policy_node.policies.model_server import start_server
from policy_node.policy import PolicyError

# Notes the model, its process id, and then serves.
NOTE = ('import os, sys, pathlib; '
        'pathlib.Path(sys.argv[3]).write_text(f"{os.getpid()} {sys.argv[4:]}"); '
        'os.execv(sys.executable, [sys.executable, *sys.argv[1:3]])')
TESTS = Path(openpi_server.__file__).parent
MODEL = h.config('openpi', None, config='pi05', checkpoint='/models/1', device='cuda')


def command(kind, note):
    return (sys.executable, '-c', NOTE, str(TESTS / f'{kind}_server.py'), '{port}', str(note),
            '{config}', '{checkpoint}', '{device}')


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(('kind', 'module', 'features'), [
    ('openpi', openpi, {}),
    ('gr00t', gr00t, {'front': h.image(48, 64), 'single_arm': h.STATE[:3],
                      'gripper': h.STATE[3:]})])
def test_server_of_the_model_that_is_named_serves_until_the_policy_is_closed(
        started, tmp_path, kind, module, features):
    note = tmp_path / 'note'
    policy = started(module.create(replace(MODEL, policy=kind, params=module.Params(
        command=command(kind, note), load_timeout=60.0, timeout=30.0))))
    pid, given = note.read_text().split(maxsplit=1)
    assert given == "['pi05', '/models/1', 'cuda']"
    assert np.isfinite(h.infer(policy, **features).actions).all()
    policy.close()
    assert not is_running(int(pid))


@pytest.mark.parametrize('kind', [openpi, gr00t])
def test_server_that_ends_instead_of_serving_is_told_at_once(kind):
    params = kind.Params(command=(sys.executable, '-c', 'exit(3)', '{port} {config} {checkpoint}'),
                         load_timeout=600.0)
    with pytest.raises(PolicyError, match='command ended with exit code 3 before it served'):
        kind.create(replace(MODEL, params=params))


@pytest.mark.parametrize('kind', [openpi, gr00t])
def test_model_that_a_running_server_cannot_be_told_of_is_refused(kind):
    with pytest.raises(PolicyError, match=r"config 'pi05' does not reach the model server: .*"
                                          r'command with \{config\}'):
        kind.create(replace(MODEL, params=kind.Params()))


@pytest.mark.parametrize(('words', 'message'), [
    (('x', '{port}', '{config}'), "checkpoint '/models/1' does not reach"),
    (('x', '{config}', '{checkpoint}'), r'needs \{port\}'),
    (('/no/such/program', '{port}', '{config}', '{checkpoint}'), 'cannot be started: .*No such')])
def test_command_that_cannot_work_is_refused(words, message):
    with pytest.raises(PolicyError, match=message):
        start_server('openpi.command', words, MODEL)


def test_command_that_wants_a_checkpoint_is_not_started_without():
    with pytest.raises(PolicyError, match='openpi.command needs parameter checkpoint'):
        start_server('openpi.command', ('x', '{port}', '{checkpoint}'),
                     replace(MODEL, config='', checkpoint=''))


def test_server_that_will_not_end_is_killed_with_all_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr('policy_node.policies.model_server.END_TIME', 0.2)
    note = tmp_path / 'note'
    stubborn = f'trap "" TERM; sleep 600 & echo $! > {note}; wait; sleep 600; : {{port}}'
    server = start_server('openpi.command', ('bash', '-c', stubborn),
                          replace(MODEL, config='', checkpoint=''))
    child = int(wait_for(lambda: note.exists() and note.read_text(), 20, 'child of the server'))
    server.close()
    wait_for(lambda: not is_running(child), 20, 'end of what the server started')


def test_server_ends_when_policy_node_is_killed():
    code = ("import signal; from test_model_server import *; start_server('c', "
            "('bash', '-c', 'echo $$; exec sleep 600 # {port}'), "
            "replace(MODEL, config='', checkpoint='')); signal.pause()")
    parent = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True,
                              cwd=TESTS)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    wait_for(lambda: not is_running(pid), 20, 'end of the server')
