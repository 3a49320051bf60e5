"""Checkpoints are held against the contract before LeRobot is imported: folders written by hand."""

import importlib.util
import json

import pytest
from lerobot_helpers import config

from policy_node.policies.lerobot import Params, create
from policy_node.policies.lerobot.checkpoint import fitting
from policy_node.policies.lerobot.description import describe_checkpoint
from policy_node.policies.lerobot.history import History
from policy_node.policies.pi05 import Params as Pi05Params
from policy_node.policies.pi05 import create as create_pi05
from policy_node.policies.pi05 import describe as describe_pi05
from policy_node.policy import PolicyError

STATE, FRONT = 'observation.state', 'observation.images.front'
GIVEN = {'front': 0, 'state': 4}


def feature(kind, *shape):
    return {'type': kind, 'shape': shape}


def write(folder, *, columns=4, widths=None, renamed=None, inputs=None, **changes):
    """A folder as LeRobot saves it, without weights."""
    folder.mkdir(exist_ok=True)
    described = {'type': 'act', 'input_features': inputs or {
        FRONT: feature('VISUAL', 3, 48, 64), STATE: feature('STATE', 4)},
        'output_features': {'action': feature('ACTION', columns)}, **changes}
    header = json.dumps({f'{key}.mean': {'dtype': 'F32', 'shape': [width], 'data_offsets': [0, 0]}
                         for key, width in (widths or {}).items()}).encode()
    (folder / 'statistics.safetensors').write_bytes(len(header).to_bytes(8, 'little') + header)
    steps = [{'registry_name': 'rename_observations_processor',
              'config': {'rename_map': renamed or {}}},
             {'registry_name': 'normalizer_processor', 'state_file': 'statistics.safetensors'}]
    for name, content in (('config', described), ('policy_preprocessor', {'steps': steps}),
                          ('policy_postprocessor', {'steps': []})):
        (folder / f'{name}.json').write_text(json.dumps(content))
    return folder


def fit(folder, given=None, **params):
    return fitting(config(folder, features=GIVEN if given is None else given,
                          params=Params(**params)))


@pytest.mark.parametrize('given', [
    {'front': 0, 'state': 4}, {FRONT: 0, STATE: 4}, {'images.front': 0, 'state': 4}])
def test_feature_of_the_same_name_feeds_a_key(tmp_path, given):
    made = fit(write(tmp_path), given)
    assert tuple(made.feature_of.items()) == tuple(zip((FRONT, STATE), given, strict=True))
    assert (made.kind, made.images, made.vectors) == ('act', {FRONT: (48, 64)}, {STATE: 4})


def test_name_of_the_training_data_that_the_checkpoint_remembers_is_understood(tmp_path):
    folder = write(tmp_path, renamed={'observation.images.top': FRONT})
    assert fit(folder, {'top': 0, 'state': 4}).feature_of[FRONT] == 'top'


def test_rename_map_goes_before_the_name(tmp_path):
    given = {'front': 0, 'side': 0, 'state': 4}
    made = fit(write(tmp_path), given, rename_map=(f'side={FRONT}',))
    assert made.feature_of[FRONT] == 'side'


def test_statistics_tell_the_state_of_a_fine_tuned_checkpoint(tmp_path):
    folder = write(tmp_path, widths={STATE: 7})
    assert fit(folder, {'front': 0, 'state': 7}).vectors == {STATE: 7}


def test_cameras_that_lerobot_fills_itself_are_not_asked_for(tmp_path):
    inputs = {FRONT: feature('VISUAL', 3, 48, 64), STATE: feature('STATE', 4),
              'observation.images.empty_camera_0': feature('VISUAL', 3, 48, 64)}
    assert set(fit(write(tmp_path, inputs=inputs)).images) == {FRONT}


@pytest.mark.parametrize(('given', 'params', 'words'), [
    ({'state': 4}, {}, f"needs '{FRONT}'; contract.observations gives state.*rename_map"),
    ({'front': 0, 'state': 6}, {}, f"'{STATE}' .* has 4 columns, feature 'state' .* is 6 columns"),
    ({'front': 0, 'state': 0}, {}, "'state' of the contract is no vector"),
    ({'front': 3, 'state': 4}, {}, f"'{FRONT}' .* is an image, feature 'front' .* vector of 3"),
    (GIVEN, {'rename_map': ('front=observation.images.up',)}, "no key 'observation.images.up'"),
    (GIVEN, {'rename_map': (f'side={FRONT}',)}, "gives no feature 'side'; it gives front, state")])
def test_contract_that_does_not_fit_is_refused(tmp_path, given, params, words):
    with pytest.raises(PolicyError, match=words):
        fit(write(tmp_path), given, **params)


@pytest.mark.parametrize(('changes', 'words'), [
    ({'columns': 6}, 'makes 6 action columns, contract.actions has 4: pan, lift'),
    ({'use_peft': True}, 'is an adapter'),
    ({'output_features': {}}, "no output feature 'action'"),
    ({'inputs': {STATE: feature('STATE')}}, f"'{STATE}' must have a shape of 1 numbers"),
    ({'inputs': {STATE: feature('STATE', -4)}}, f"'{STATE}' must have a shape of 1 numbers"),
    ({'inputs': {STATE: None}}, 'input_features must be a map of maps'),
    ({'inputs': [STATE]}, 'input_features must be a map of maps'),
    ({'output_features': ['action']}, 'output_features must be a map of maps')])
def test_checkpoint_that_cannot_be_used_is_refused(tmp_path, changes, words):
    with pytest.raises(PolicyError, match=words):
        fit(write(tmp_path, **changes))


def test_contract_without_actions_is_refused(tmp_path):
    with pytest.raises(PolicyError, match='needs contract.actions'):
        fitting(config(write(tmp_path), action_names=(), action_units=()))


def test_folder_of_a_training_run_is_told_where_the_checkpoint_is(tmp_path):
    inner = tmp_path / 'checkpoints' / 'last' / 'pretrained_model'
    inner.parent.mkdir(parents=True)
    write(inner)
    with pytest.raises(PolicyError, match=f'has no config.json; give {inner}'):
        fit(tmp_path)


def test_checkpoint_of_an_old_lerobot_is_told_how_to_convert_it(tmp_path):
    (write(tmp_path) / 'policy_preprocessor.json').unlink()
    with pytest.raises(PolicyError, match='older than LeRobot 0.4.*migrate_policy_normalization'):
        fit(tmp_path)


@pytest.mark.parametrize('content', ['{', '[]', '[' * 100_000])
def test_file_that_is_no_map_is_refused(tmp_path, content):
    (write(tmp_path) / 'config.json').write_text(content)
    with pytest.raises(PolicyError, match='config.json'):
        fit(tmp_path)


@pytest.mark.parametrize('content', [
    b'\xff' * 9, (1 << 62).to_bytes(8, 'little') + b'{}', (2).to_bytes(8, 'little') + b'[]',
    (7).to_bytes(8, 'little') + b'{"a":1}'])
def test_spoilt_statistics_are_refused(tmp_path, content):
    (write(tmp_path) / 'statistics.safetensors').write_bytes(content)
    with pytest.raises(PolicyError, match='statistics.safetensors cannot be read'):
        fit(tmp_path)


@pytest.mark.parametrize('steps', ['normalizer', [1]])
def test_steps_that_are_no_maps_are_refused(tmp_path, steps):
    (write(tmp_path) / 'policy_preprocessor.json').write_text(json.dumps({'steps': steps}))
    with pytest.raises(PolicyError, match='policy_preprocessor.json: steps must be a list of maps'):
        fit(tmp_path)


@pytest.mark.parametrize('step', [
    {'config': None}, {'state_file': 7},
    {'registry_name': 'rename_observations_processor', 'config': {'rename_map': ['front']}}])
def test_step_that_cannot_be_read_is_refused(tmp_path, step):
    (write(tmp_path) / 'policy_preprocessor.json').write_text(json.dumps({'steps': [step]}))
    with pytest.raises(PolicyError, match='policy_preprocessor.json: a step must have a map'):
        fit(tmp_path)


@pytest.mark.parametrize('changes, rtc, several', [
    ({'type': 'act'}, False, True), ({'type': 'pi0'}, False, True), ({'type': 'pi0'}, True, False),
    ({'type': 'pi0', 'use_relative_actions': True}, False, False),
    ({'type': 'diffusion', 'horizon': 16}, False, False)])
def test_robots_are_inferred_at_once_only_where_they_do_not_meet(tmp_path, changes, rtc, several):
    folder = write(tmp_path / 'made', **changes)
    assert describe_checkpoint(config(folder, params=Params(rtc=rtc))).batches is several


@pytest.mark.parametrize('rows', [-3, 50.5, 'many', 0])
def test_chunk_of_no_whole_number_of_rows_is_refused_when_it_is_described(tmp_path, rows):
    folder = write(tmp_path, chunk_size=rows)
    with pytest.raises(PolicyError, match=f'chunk_size must be .* from 1, got {rows!r}'):
        describe_checkpoint(config(folder))


@pytest.mark.skipif(importlib.util.find_spec('lerobot') is not None, reason='LeRobot is installed')
@pytest.mark.parametrize(('load', 'kind', 'needed', 'extra'), [
    (create, 'act', 'LeRobot', 'lerobot'),
    (create_pi05, 'pi05', 'LeRobot 0.6, which needs Python 3.12', 'pi05')])
def test_without_lerobot_the_error_says_what_to_install(load, kind, needed, extra, tmp_path):
    with pytest.raises(PolicyError, match=rf'needs {needed}: .*segue\[{extra}\].*torchvision'):
        load(config(write(tmp_path, type=kind), features=GIVEN, params=None))


# ---- the same folder as a policy of two levels ----
def test_pi05_refuses_other_types(tmp_path):
    with pytest.raises(PolicyError, match='is of type act, policy pi05 runs type pi05'):
        create_pi05(config(write(tmp_path), features=GIVEN, params=Pi05Params()))


def test_pi05_names_its_own_parameters(tmp_path):
    with pytest.raises(PolicyError, match='say which one it is: pi05.rename_map: '):
        create_pi05(config(write(tmp_path), features={'state': 4}, params=Pi05Params()))


def test_pi05_tells_that_it_has_subtasks(tmp_path):
    told = describe_pi05(config(write(tmp_path, type='pi05'), params=None))
    assert (told.subtasks, told.prefix) == (True, 'pi05.rtc')


def test_pi05_refuses_words_that_cannot_be_filled_in(tmp_path):
    with pytest.raises(PolicyError, match='pi05.subtask_prompt'):
        create_pi05(config(tmp_path, params=Pi05Params(subtask_prompt='Subtask: ')))


# ---- history ----
@pytest.mark.parametrize(('steps', 'seen'), [
    ((5,), [5, 5, 5]), ((4, 5), [4, 4, 5]), ((3, 4, 5), [3, 4, 5]), ((1, 5), [5, 5, 5]),
    ((3, 5), [3, 5, 5]), ((0, 1, 2, 3, 4, 5), [3, 4, 5]), ((5, 5), [5, 5, 5]),
    ((9, 5), [5, 5, 5])])
def test_steps_that_were_not_seen_have_the_value_of_the_next_one(steps, seen):
    history = History({'state': 3, 'image': 1})
    for step in steps:
        past = history.add('s', step, {'state': step, 'image': -step, 'task': 'other'})
    assert past == {'state': seen, 'image': [-5]}


def test_sessions_are_remembered_apart_until_they_are_forgotten():
    history = History({'state': 2})
    for session in 'ab':
        history.add(session, 0, {'state': session})
    history.forget('b')
    assert history.add('a', 1, {'state': 'new'}) == {'state': ['a', 'new']}
    assert history.add('b', 1, {'state': 'new'}) == {'state': ['new', 'new']}

