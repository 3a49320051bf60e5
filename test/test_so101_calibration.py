"""Calibrations are found where LeRobot keeps them, and unusable ones are refused by name."""

import json
from dataclasses import asdict, replace

import pytest
from graph import ROOT

from robot_bridge.driver import DriverError
from robot_bridge.drivers.so101.calibration import differences, find, lerobot_folder, load, save

SHIPPED = ROOT / 'config' / 'so101_emulated.json'
VARIABLES = ('XDG_CACHE_HOME', 'HF_HOME', 'HF_LEROBOT_HOME', 'HF_LEROBOT_CALIBRATION')


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('HOME', str(tmp_path))
    return tmp_path


def put(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f'{name}.json'
    path.write_text(SHIPPED.read_text())
    return path


@pytest.mark.parametrize(('variables', 'folder'), [
    ({}, '.cache/huggingface/lerobot/calibration/robots'),
    ({'XDG_CACHE_HOME': '~/c'}, 'c/huggingface/lerobot/calibration/robots'),
    ({'HF_HOME': '~/hf'}, 'hf/lerobot/calibration/robots'),
    ({'HF_LEROBOT_HOME': '~/lr', 'HF_HOME': '~/hf'}, 'lr/calibration/robots'),
    ({'HF_LEROBOT_CALIBRATION': '~/cal', 'HF_LEROBOT_HOME': '~/lr'}, 'cal/robots')])
def test_folder_is_that_of_lerobot(home, monkeypatch, variables, folder):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert lerobot_folder() == home / folder


def test_calibration_is_found_by_id_also_in_the_older_folder(home):
    old, new = put(lerobot_folder() / 'so101_follower', 'a'), None
    assert find('a') == old
    assert find('') == old              # the only one
    new = put(lerobot_folder() / 'so_follower', 'a')
    assert find('a') == new
    put(lerobot_folder() / 'so_follower', 'b')
    with pytest.raises(DriverError, match='so101.id is empty.*there are a, b: choose one'):
        find('')
    with pytest.raises(DriverError, match="so101.id 'c' has no calibration.*there are a, b"):
        find('c')


def test_without_any_calibration_the_remedy_is_named(home):
    with pytest.raises(DriverError, match='there are none: make one with.*so101_calibrate'):
        find('')


def test_what_is_saved_is_read_again_and_is_lerobots_format(tmp_path):
    made = load(SHIPPED)
    save(tmp_path / 'new' / 'x.json', made)
    assert load(tmp_path / 'new' / 'x.json') == made
    written = json.loads((tmp_path / 'new' / 'x.json').read_text())
    assert list(written['gripper']) == ['id', 'drive_mode', 'homing_offset', 'range_min',
                                        'range_max']


@pytest.mark.parametrize(('change', 'message'), [
    ({'id': 7}, 'gripper has id 7, an SO101 has 6'),
    ({'range_min': 3507}, 'must have 0 <= range_min < range_max'),
    ({'range_max': 4096}, 'must have 0 <= range_min < range_max'),
    ({'homing_offset': 1.5}, 'whole numbers'),
    ({'surprise': 1}, 'is not one of an SO101')])
def test_unusable_calibration_is_refused_by_file_and_joint(tmp_path, change, message):
    table = {joint: asdict(c) for joint, c in load(SHIPPED).items()}
    table['gripper'] |= change
    path = tmp_path / 'bad.json'
    path.write_text(json.dumps(table))
    with pytest.raises(DriverError, match=f'bad.json.*{message}'):
        load(path)


@pytest.mark.parametrize('text', ['', '{}', '[]', '{"gripper": 3}'])
def test_file_that_is_no_calibration_is_refused(tmp_path, text):
    path = tmp_path / 'bad.json'
    path.write_text(text)
    with pytest.raises(DriverError, match='not one of an SO101'):
        load(path)
    with pytest.raises(DriverError, match='cannot be read'):
        load(tmp_path / 'missing.json')


def test_differences_name_joint_and_value():
    ours = load(SHIPPED)
    found = {**ours, 'elbow_flex': replace(ours['elbow_flex'], range_max=5, drive_mode=1)}
    assert differences(ours, ours) == []
    assert differences(ours, found) == ['elbow_flex range_max 5 instead of 3177']
