"""Shipped parameter files and the lists in the documentation fit the robot."""

import re
from pathlib import Path

import pytest
import yaml
from astribot_robot import C16, C22, C25, Clock, make_driver

from robot_bridge.assembly import assemble
from robot_bridge.drivers.astribot import AstribotDriver, Params
from robot_bridge.emulators.astribot.node import CameraParams
from robot_bridge.emulators.astribot.pictures import CAMERAS
from robot_bridge.episodes import EpisodeParams
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.parameters import ShapingParams
from segue_core.contract import Contract, ContractParams, InputParams
from segue_core.parameters import build

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / 'docs' / 'robots' / 'astribot.md').read_text()


def files(name):
    tree = yaml.safe_load((ROOT / 'config' / name).read_text())
    shared = tree['/**']['ros__parameters']
    contract = shared.pop('contract')
    inputs = {key: build(InputParams, contract.pop(key)) for key in contract['observations']}
    return (tree, Contract.from_params(build(ContractParams, contract), inputs),
            {**shared, **tree['robot_bridge']['ros__parameters']})


@pytest.mark.parametrize(('name', 'columns'), [('astribot.yaml', C16),
                                               ('groot_depalletize.yaml', C22)])
def test_a_bridge_can_be_made_of_a_shipped_file(name, columns):
    tree, contract, bridge = files(name)
    driver, shaping = bridge.pop('astribot'), bridge.pop('shaping')
    assert contract.action_names == columns
    loop, _ = assemble(AstribotDriver(build(Params, driver)), build(BridgeParams, bridge), contract,
                       build(ShapingParams, shaping), EpisodeParams())
    assert len(loop.driver.spec.action_names) == len(columns)
    assert bridge['confirm_start']
    if emulator := tree.get('astribot_emulator'):
        camera = build(CameraParams, emulator['ros__parameters'])
        assert camera.head_mounted == contract.inputs[1].rotate == 180


@pytest.mark.parametrize('name', ['astribot.yaml', 'groot_depalletize.yaml'])
def test_cameras_and_state_are_those_of_the_robot(name):
    _, contract, _ = files(name)
    assert {i.name: i.topic for i in contract.inputs} == {'state': 'joint_states', **CAMERAS}
    assert contract.inputs[0].names == contract.action_names      # as policy mock wants it


@pytest.mark.parametrize('columns', [C16, C22, C25], ids=len)
def test_the_lists_in_the_documentation_are_whole_contracts(columns):
    blocks = [yaml.safe_load(text) for text in re.findall(r'```yaml\n(actions:.*?)```', PAGE, re.S)]
    found = next(b for b in blocks if len(b['actions']) == len(columns))
    assert tuple(found['actions']) == columns
    spec = make_driver(Clock(), columns).spec
    units = dict(zip(found['actions'], found['action_units'], strict=True))
    assert units == dict(zip(spec.action_names, spec.action_units, strict=True))
