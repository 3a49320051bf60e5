"""State and actions unlike the policy's dataset are told; datasets of other columns are refused."""

import json

import numpy as np
import pytest

from policy_node.ranges import DatasetRanges
from segue_core.chunk import Chunk
from segue_core.contract import JOINT_STATE, Contract, Input
from segue_core.parameters import ParameterError

NAMES = ('shoulder', 'elbow', 'gripper')
LOW, HIGH = [-1.0, 0.0, 0.0], [1.0, 2.0, 100.0]
BOUNDS = {'min': LOW, 'max': HIGH}
PIXELS = {'min': [[[0.0]]] * 3, 'max': [[[1.0]]] * 3}


def contract(actions=NAMES, state=NAMES, feature='state'):
    joints = Input('joints', 'joint_states', JOINT_STATE, feature, tuple(state))
    return Contract(50_000_000, (joints,), tuple(actions), ('rad',) * len(actions))


def dataset(folder, names=NAMES, stats=None):
    (folder / 'meta').mkdir()
    vector = {'dtype': 'float32', 'shape': [3], 'names': names}
    (folder / 'meta/info.json').write_text(json.dumps({'features': {
        'observation.state': vector, 'action': vector,
        'observation.images.head': {'dtype': 'video', 'shape': [4, 4, 3], 'names': None}}}))
    given = {'observation.state': BOUNDS, 'action': BOUNDS, 'observation.images.head': PIXELS}
    (folder / 'meta/stats.json').write_text(json.dumps(given if stats is None else stats))
    return folder


def chunk(rows, names=NAMES):
    return Chunk(session_id='s', request_id=0, stamp_ns=0, first_timestep=0, step_ns=1, names=names,
                 units=('rad',) * len(names), actions=np.array(rows, dtype=float), chunk_number=0,
                 frozen_rows=0, inference_ns=1, subtask='')


@pytest.mark.parametrize(('state', 'doubt'), [
    ([0.0, 1.0, 50.0], ''), ([1.19, -0.19, 109.0], ''),
    ([0.0, 57.3, 0.0], 'state elbow is 57.3, the dataset has 0..2'),
    ([-1.21, 1.0, 0.0], 'state shoulder is -1.21, the dataset has -1..1')])
def test_state_outside_of_the_data_is_told_beyond_a_tenth_of_the_range(tmp_path, state, doubt):
    ranges = DatasetRanges.read(dataset(tmp_path), contract())
    assert ranges.observed({'state': np.array(state), 'head': None}) == doubt


def test_actions_are_compared_by_name_whatever_the_order_of_the_policy(tmp_path):
    ranges = DatasetRanges.read(dataset(tmp_path), contract())
    turned = chunk([[80.0, 1.0, 0.0], [120.0, 1.0, 0.0]], NAMES[::-1])
    assert ranges.made(turned) == 'action gripper is 120, the dataset has 0..100'
    assert ranges.made(chunk([[0.0, 1.0, 80.0]])) == ''


def test_column_that_stood_still_may_tremble(tmp_path):
    still = {'min': [0.3] * 3, 'max': [0.3] * 3}
    ranges = DatasetRanges.read(
        dataset(tmp_path, stats={'observation.state': still, 'action': still}), contract())
    assert ranges.observed({'state': np.array([0.31, 0.29, 0.3])}) == ''
    assert 'elbow is 0.33' in ranges.observed({'state': np.array([0.3, 0.33, 0.3])})


def test_feature_of_some_columns_is_found_by_their_names(tmp_path):
    ranges = DatasetRanges.read(dataset(tmp_path), contract(state=('gripper',), feature='hand'))
    assert ranges.observed({'hand': np.array([150.0])}).startswith('hand gripper is 150')


def test_columns_that_the_dataset_calls_something_else_go_by_position(tmp_path):
    ranges = DatasetRanges.read(dataset(tmp_path, {'motors': ['m1', 'm2', 'm3']}), contract())
    assert ranges.observed({'state': np.array([0.0, 3.0, 0.0])}).startswith('state elbow is 3')


def test_dataset_of_lerobot_0_3_has_its_ranges_in_each_episode(tmp_path):
    folder = dataset(tmp_path)
    (folder / 'meta/stats.json').unlink()
    low, high = {'min': LOW, 'max': [0.0] * 3}, {'min': [0.0] * 3, 'max': HIGH}
    (folder / 'meta/episodes_stats.jsonl').write_text('\n'.join(json.dumps(
        {'episode_index': 0, 'stats': {'observation.state': s, 'action': s}}) for s in (low, high)))
    ranges = DatasetRanges.read(folder, contract())
    assert ranges.observed({'state': np.array([-1.0, 2.0, 100.0])}) == ''
    assert ranges.observed({'state': np.array([-2.0, 2.0, 100.0])})


@pytest.mark.parametrize(('given', 'message'), [
    ({'actions': NAMES[::-1]}, 'columns of action in another order than action of'),
    ({'state': NAMES[::-1]}, 'columns of state in another order than observation.state of'),
    ({'actions': (*NAMES, 'wrist')}, 'has 4 columns of action, action of lerobot.* has 3')])
def test_dataset_of_other_columns_is_refused(tmp_path, given, message):
    with pytest.raises(ParameterError, match=message):
        DatasetRanges.read(dataset(tmp_path), contract(**given))


@pytest.mark.parametrize('stats', [{}, {'action': {'mean': [0.0]}}])
def test_folder_without_ranges_is_refused_by_name(tmp_path, stats):
    with pytest.raises(ParameterError, match='lerobot_dataset_path'):
        DatasetRanges.read(dataset(tmp_path, stats=stats), contract())


def test_folder_that_is_no_dataset_is_refused_by_name(tmp_path):
    with pytest.raises(ParameterError, match=r'lerobot_dataset_path .* is no LeRobot dataset'):
        DatasetRanges.read(tmp_path, contract())
