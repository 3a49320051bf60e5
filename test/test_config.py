"""Shipped parameter files name only parameters that exist, with values that fit."""

from pathlib import Path

import pytest
import yaml

from policy_node.gateway.parameters import Params as GatewayParams
from policy_node.parameters import PolicyParams
from robot_bridge.cameras.parameters import CameraParams, NodeParams
from robot_bridge.emulators.so101.parameters import EmulatorParams
from robot_bridge.episodes import EpisodeParams
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.parameters import ShapingParams
from segue_core.contract import Contract, ContractParams, InputParams
from segue_core.parameters import build
from segue_core.plugins import load_plugin, plugin_names

FILES = sorted((Path(__file__).parents[1] / 'config').glob('*.yaml'))


def split(tree, *groups):
    """The top level of a parameter tree without its groups, and the groups."""
    return ({k: v for k, v in tree.items() if k not in groups}, *(tree.get(g, {}) for g in groups))


@pytest.mark.parametrize('path', FILES, ids=lambda p: p.name)
def test_shipped_parameters_fit_their_tables(path):
    tree = yaml.safe_load(path.read_text())
    shared, contract = split(tree['/**']['ros__parameters'], 'contract')
    inputs = {name: build(InputParams, contract.pop(name))
              for name in contract.get('observations', ())}
    assert Contract.from_params(build(ContractParams, contract), inputs).action_names
    policies = plugin_names('segue.policies')
    policy, gateway, *of_policies = split(tree['policy_node']['ros__parameters'], 'gateway',
                                          *policies)
    build(GatewayParams, gateway)
    build(PolicyParams, {**shared, **policy})
    for name, given in zip(policies, of_policies, strict=True):
        if given:
            build(load_plugin('segue.policies', name).Params, given)
    build(EmulatorParams, tree.get('so101_emulator', {}).get('ros__parameters', {}))
    camera = tree.get('camera', {}).get('ros__parameters', {})
    for name in camera.get('cameras', ()):
        build(CameraParams, camera.pop(name))
    build(NodeParams, camera or {'cameras': ['any']})
    if 'robot_bridge' not in tree:      # of programs without ROS
        return
    driver = tree['robot_bridge']['ros__parameters']['driver']
    bridge, episodes, of_driver, shaping = split(
        tree['robot_bridge']['ros__parameters'], 'episodes', driver, 'shaping')
    build(BridgeParams, {**shared, **bridge})
    build(EpisodeParams, episodes)
    build(ShapingParams, shaping)
    build(load_plugin('segue.drivers', driver).Params, of_driver)
