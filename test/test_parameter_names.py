"""The table of names from other stacks names only parameters that exist."""

from pathlib import Path

import pytest

from policy_node.gateway.parameters import Params as ClientParams
from policy_node.lerobot_gateway.parameters import GatewayParams
from policy_node.parameters import PolicyParams
from policy_node.policies import gr00t, openpi, replay
from robot_bridge.drivers import libero, so101
from robot_bridge.episodes import EpisodeParams
from robot_bridge.parameters import BridgeParams
from robot_bridge.policy_choice import LoadPolicyParams
from robot_bridge.shaping.parameters import ShapingParams
from segue_core.contract import ContractParams, InputParams
from segue_core.parameters import table_fields
from segue_recording.session_log.parameters import SessionLogParams

TABLE = [[cell.strip() for cell in line.strip('|').split('|')]
         for line in (Path(__file__).parents[1] / 'docs' / 'parameters.md').read_text().splitlines()
         if line.startswith('| `')]


SHARED = {f'contract.{f.name}' for f in table_fields(ContractParams)} | {
    f'contract.<input>.{f.name}' for f in table_fields(InputParams)}
BRIDGE = {prefix + f.name for prefix, table in (
    ('', BridgeParams), ('shaping.', ShapingParams), ('episodes.', EpisodeParams),
    ('libero.', libero.Params), ('so101.', so101.Params),
    ('load_policy.', LoadPolicyParams)) for f in table_fields(table)}
KNOWN = {'both': SHARED, 'robot_bridge': BRIDGE,
         'policy_node': {prefix + f.name for prefix, table in (
             ('', PolicyParams), ('openpi.', openpi.Params), ('gr00t.', gr00t.Params),
             ('replay.', replay.Params), ('gateway.', ClientParams))
             for f in table_fields(table)},
         'lerobot_gateway': {f.name for f in table_fields(GatewayParams)},
         'session_logger': {f.name for f in table_fields(SessionLogParams)}}


@pytest.mark.parametrize(('there', 'node', 'here', 'note'), TABLE, ids=[row[0] for row in TABLE])
def test_every_name_in_the_table_is_a_parameter_of_that_node(there, node, here, note):
    assert here.strip('`') in KNOWN[node]


def test_no_name_of_another_stack_is_there_twice():
    there = [name for row in TABLE for name in row[0].split(', ')]
    assert len(there) == len(set(there)) >= 25
