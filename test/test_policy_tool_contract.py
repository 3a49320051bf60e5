"""`policy info --contract`: a parameter file that works once its placeholders are replaced."""

import re

import pytest
import yaml
from gr00t_server import Gr00tServer
from test_lerobot_checkpoint import FRONT, STATE, feature, write

from policy_node.parameters import PolicyParams
from policy_node.policies.lerobot.checkpoint import fitting
from policy_node.policy import PolicyConfig
from policy_node.server import PolicyServer
from policy_node.tool.cli import main
from robot_bridge.parameters import BridgeParams
from segue_core.contract import PLACEHOLDER
from segue_core.parameter_file import contract_of, read_parameters, table_of
from segue_core.parameters import ParameterError
from segue_core.paths import package_file

OURS = 'package://segue/checkpoints/libero_object'
EDITS = {'rate_in_Hz': '30.0', 'rows': '16', 'driver': 'mock', 'unit': 'rad', 'each_unit': 'rad'}


def written(tmp_path, capsys, *arguments):
    assert main(['info', *arguments, '--contract']) == 0
    file = tmp_path / 'robot.yaml'
    file.write_text(capsys.readouterr().out)
    return file


def edited(file):
    """Nothing but the placeholders changes."""
    file.write_text(re.sub(r'^(?!#)(.*)', lambda line: re.sub(
        rf'{PLACEHOLDER}(\w+)', lambda m: EDITS.get(m[1], m[1]), line[1]), file.read_text(),
        flags=re.MULTILINE))
    return file


def config_of(file):
    """What policy_node makes of the file."""
    given = read_parameters(file, 'policy_node')
    contract, node = contract_of(given), table_of(PolicyParams, given)
    table_of(BridgeParams, read_parameters(file, 'robot_bridge'))
    return PolicyConfig(
        node.policy, node.actions_per_chunk, contract.step_ns, contract.action_names,
        contract.action_units, contract.features, checkpoint=node.checkpoint, device=node.device)


@pytest.fixture
def six(tmp_path):
    """An SO101's policy."""
    return write(tmp_path / 'six', columns=6, chunk_size=50, inputs={
        FRONT: feature('VISUAL', 3, 480, 640), STATE: feature('STATE', 6)})


def test_own_checkpoint_loads_with_its_file(tmp_path, capsys):
    config = config_of(edited(written(tmp_path, capsys, 'reference', '--checkpoint', OURS)))
    assert config.features == {'agentview': 0, 'wrist': 0, 'state': 11}
    assert (config.actions_per_chunk, config.step_ns) == (32, 50_000_000)
    server = PolicyServer(config)
    assert server.load(config).metadata.action_names == config.action_names


def test_known_robot_leaves_nothing_to_edit(tmp_path, capsys):
    file = written(tmp_path, capsys, 'reference', '--checkpoint', OURS, '--robot', 'libero')
    body = re.sub(r'^#.*', '', file.read_text(), flags=re.MULTILINE)
    assert PLACEHOLDER not in body
    shipped = package_file('config', 'libero.yaml')
    kept = ('agentview', 'wrist', 'state')
    assert contract_of(read_parameters(file, 'policy_node')) == contract_of(
        read_parameters(shipped, 'policy_node')).narrowed(kept)
    assert yaml.safe_load(file.read_text())['robot_bridge'] == yaml.safe_load(
        shipped.read_text())['robot_bridge']


def test_lerobot_checkpoint_fits_its_file(tmp_path, capsys, six):
    config = config_of(edited(written(tmp_path, capsys, 'lerobot', '--checkpoint', str(six))))
    assert len(config.action_names) == 6 and config.actions_per_chunk == 50
    assert fitting(config).feature_of == {FRONT: 'front', STATE: 'state'}


def test_so101_gives_a_lerobot_checkpoint_its_names(tmp_path, capsys, six):
    file = written(tmp_path, capsys, 'lerobot', '--checkpoint', str(six), '--robot', 'so101')
    config = config_of(file)
    assert config.action_names[0] == 'shoulder_pan.pos' and set(config.action_units) == {'percent'}
    front, = (i for i in contract_of(read_parameters(file, 'policy_node')).inputs
              if i.feature == 'front')
    assert front.topic == 'camera1/image_raw/compressed'
    assert fitting(config).columns == 6


@pytest.mark.parametrize('parameter', ['actions', 'action_units', 'state.names'])
def test_file_is_refused_until_each_placeholder_is_edited(tmp_path, capsys, six, parameter):
    file = written(tmp_path, capsys, 'lerobot', '--checkpoint', str(six))
    with pytest.raises(ParameterError, match=PLACEHOLDER):
        config_of(file)
    tree = yaml.safe_load(edited(file).read_text())
    contract = tree['/**']['ros__parameters']['contract']
    place = contract['state'] if '.' in parameter else contract
    place[parameter.rpartition('.')[2]][-1] = f'{PLACEHOLDER}forgotten'
    file.write_text(yaml.safe_dump(tree))
    with pytest.raises(ParameterError, match=rf'contract.{parameter} still has .*_forgotten'):
        config_of(file)


def test_rate_that_no_checkpoint_tells_has_to_be_edited(tmp_path, capsys, six):
    file = written(tmp_path, capsys, 'lerobot', '--checkpoint', str(six))
    file.write_text(re.sub(r'EDIT_(column|unit|joint)', r'\1', file.read_text()))
    with pytest.raises(ParameterError, match='contract.control_rate must be a float'):
        config_of(file)


def test_server_of_unknown_widths_gives_a_file_to_complete(tmp_path, capsys, started):
    server = started(Gr00tServer())
    file = written(tmp_path, capsys, 'gr00t', '-p', 'host:=127.0.0.1', '-p',
                   f'port:={server.port}')
    assert yaml.safe_load(file.read_text())['policy_node']['ros__parameters']['gr00t'] == {
        'host': '127.0.0.1', 'port': server.port}
    config = config_of(edited(file))
    assert list(config.features) == ['front', 'wrist', 'single_arm', 'gripper']
    assert config.actions_per_chunk == 20


def test_names_that_ros_reads_as_booleans_are_quoted(tmp_path, capsys):
    text = written(tmp_path, capsys, 'reference', '--checkpoint', OURS).read_text()
    assert "actions: [x, 'y', z," in text


def test_feature_whose_name_is_no_parameter_name_has_an_input_of_another(tmp_path, capsys):
    folder = write(tmp_path / 'dots', inputs={
        'observation.images.cam.left': feature('VISUAL', 3, 8, 8), STATE: feature('STATE', 4)})
    file = edited(written(tmp_path, capsys, 'lerobot', '--checkpoint', str(folder)))
    left = contract_of(read_parameters(file, 'policy_node')).inputs[0]
    assert (left.name, left.feature, left.topic) == ('cam_left', 'cam.left', 'cam_left/image_raw')


def test_feature_with_a_line_break_in_its_name_gives_a_file_that_can_be_read(tmp_path, capsys):
    folder = write(tmp_path / 'breaks', inputs={'observation.a\n b': feature('STATE', 4)})
    file = edited(written(tmp_path, capsys, 'lerobot', '--checkpoint', str(folder)))
    assert contract_of(read_parameters(file, 'policy_node')).inputs[0].feature == 'a\n b'
