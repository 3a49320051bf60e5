"""`policy info`: what a checkpoint or server tells, before anything is loaded."""

import subprocess
import sys
from dataclasses import replace

import pytest
import reference_helpers
import remote_helpers
from gr00t_server import Gr00tServer
from lerobot_server import LerobotServer
from openpi_server import OpenpiServer
from test_lerobot_checkpoint import FRONT, STATE, feature, write

from policy_node.policies.reference.checkpoint import save
from policy_node.policy import IMAGE, VECTOR, Feature, PolicyConfig
from policy_node.requirements import requirements_of, untruths
from policy_node.server import PolicyServer
from policy_node.tool.cli import main

OURS = 'package://segue/checkpoints/libero_object'


def told(capsys, *arguments):
    code = main(['info', *arguments])
    captured = capsys.readouterr()
    return captured.out if code == 0 else captured.err


def of(folder, **changes):
    return requirements_of(PolicyConfig('lerobot', 1, 1, (), (), checkpoint=str(folder), **changes))


def test_our_own_checkpoint_tells_everything(capsys):
    text = told(capsys, 'reference', '--checkpoint', OURS)
    for fact in ('agentview  image, 128 x 128 px RGB', 'state      vector, 11 values',
                 '7 columns: x y z rx ry rz gripper [normalized]', '32 rows, 1.60 s', '20 Hz',
                 'trained (up to 16 rows)', 'several robots at once',
                 'reference.flow_steps = 8  (int, 1..100)'):
        assert fact in text, fact


def test_checkpoint_that_decodes_subtasks_is_described_as_it_loads(tmp_path):
    save(tmp_path, reference_helpers.model(vocabulary=('grasp', 'lift')),
         reference_helpers.statistics())
    config = reference_helpers.config(tmp_path)
    told, server = requirements_of(config), PolicyServer(config)
    assert told.subtasks and untruths(told, server.load(config)) == []
    assert untruths(replace(told, subtasks=False, horizon=4), server.policy) == [
        'subtasks: told False, is True', 'horizon: told at most 4, is 8']


def test_checkpoints_are_described_without_their_libraries(tmp_path):
    code = ('import sys; from policy_node.tool.cli import main; '
            f'assert not main(["info", "reference", "--checkpoint", "{OURS}"]); '
            f'assert not main(["info", "lerobot", "--checkpoint", "{write(tmp_path)}"]); '
            'assert not {"torch", "lerobot", "rclpy"} & set(sys.modules), "a library was loaded"')
    subprocess.run([sys.executable, '-c', code], check=True, capture_output=True)


def test_lerobot_checkpoint_tells_shapes_and_columns(tmp_path):
    made = of(write(tmp_path, chunk_size=100))
    assert made.features == (Feature('front', IMAGE, (48, 64, 3)), Feature('state', VECTOR, (4,)))
    assert (made.columns, made.action_names, made.horizon, made.prefix) == (4, (), 100, '')


@pytest.mark.parametrize(('config', 'rows'), [
    ({'type': 'smolvla', 'chunk_size': 50}, 50), ({'type': 'vqbet', 'action_chunk_size': 5}, 5),
    ({'type': 'diffusion', 'horizon': 16, 'n_obs_steps': 3}, 14),
    ({'type': 'tdmpc', 'horizon': 5, 'n_action_repeats': 2}, 10), ({'type': 'other'}, 0)])
def test_longest_chunk_of_each_kind(tmp_path, config, rows):
    assert of(write(tmp_path, **config)).horizon == rows


def test_only_lerobots_flow_policies_continue_a_prefix(tmp_path):
    assert of(write(tmp_path, type='pi05')).prefix == 'lerobot.rtc'
    assert of(write(tmp_path, type='act')).prefix == ''


def test_of_lerobots_policies_act_infers_several_robots_at_once(tmp_path):
    assert of(write(tmp_path, type='act')).batches
    assert not of(write(tmp_path, type='diffusion', horizon=16)).batches


def test_features_have_the_names_of_the_training_data(tmp_path):
    folder = write(tmp_path, renamed={'observation.images.top': FRONT})
    assert [f.name for f in of(folder).features] == ['top', 'state']


def test_keys_of_the_same_short_name_keep_their_long_ones(tmp_path):
    inputs = {'observation.images.state': feature('VISUAL', 3, 8, 8), STATE: feature('STATE', 4)}
    assert [f.name for f in of(write(tmp_path, inputs=inputs)).features] == list(inputs)


def test_rename_map_names_features(tmp_path, capsys):
    text = told(capsys, 'lerobot', '--checkpoint', str(write(tmp_path)), '-p',
                f'rename_map:=[side={FRONT}]')
    assert 'side   image, 64 x 48 px RGB' in text


def test_gr00t_server_tells_keys_and_rows(started, capsys):
    server = started(Gr00tServer())
    text = told(capsys, 'gr00t', '-p', 'host:=127.0.0.1', '-p', f'port:={server.port}', '-p',
                'gr00t.video:=[top=front, wrist]')
    assert 'top         image, size not told' in text and 'single_arm  vector' in text
    assert '20 rows' in text
    assert server.endpoints == ['get_modality_config']


def test_openpi_server_tells_its_metadata(started, capsys):
    server = started(OpenpiServer())
    text = told(capsys, 'openpi', '-p', 'host:=127.0.0.1', '-p', f'port:={server.port}')
    assert "{'reset_pose': [0.0]}" in text and 'agentview  image' in text
    assert server.requests == []


def test_lerobot_server_is_only_looked_for(started, capsys):
    server = started(LerobotServer())
    text = told(capsys, 'lerobot_server', '-p', 'host:=127.0.0.1', '-p', f'port:={server.port}')
    assert 'front  image' in text and 'is there' in text
    assert server.readies == 0


@pytest.mark.parametrize('policy', ['openpi', 'gr00t', 'lerobot_server'])
def test_server_that_does_not_answer_is_an_error(policy, capsys):
    text = told(capsys, policy, '-p', 'host:=127.0.0.1', '-p',
                f'port:={remote_helpers.free_port()}', '-p', 'timeout:=0.2')
    assert 'policy: error: no ' in text and f'{policy}.host' in text


def test_policy_that_tells_nothing_still_has_parameters(capsys):
    text = told(capsys, 'mock', '-p', 'period:=2.5')
    assert 'it tells nothing more before it is loaded' in text
    assert 'mock.period = 2.5  (float, 0.5..600.0, [s])' in text


@pytest.mark.parametrize(('arguments', 'words'), [
    (['referense'], 'did you mean reference?'),
    (['mock', '-p', 'periot:=1.0'], 'did you mean mock.period'),
    (['mock', '-p', 'period:=0.1'], 'mock.period must be within 0.5..600.0'),
    (['mock', '-p', 'period'], "'period' must be name:=value"),
    (['expert', '-p', 'period:=1.0'], 'unknown parameter expert.period'),
    (['mock', '--contract'], 'no contract to propose'),
    (['reference', '--checkpoint', '/nowhere'], 'is no folder with model.safetensors'),
    (['reference', '--checkpoint', OURS, '--contract', '--robot', 'r2d2'], "so101; got 'r2d2'"),
    (['reference', '--checkpoint', OURS, '--contract', '--robot', 'so101'],
     'so101 has 6 action columns')])
def test_what_cannot_be_done_is_told_in_one_line(capsys, arguments, words):
    text = told(capsys, *arguments)
    assert words in text and len(text.splitlines()) == 1


def test_text_parameters_need_no_quotes(capsys):
    assert "reference.rtc = 'off'" in told(capsys, 'reference', '--checkpoint', OURS, '-p',
                                           'rtc:=off')
