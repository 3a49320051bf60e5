"""policy_node with LeRobot in a Python of its own, robot_bridge in this one, DDS between them."""

import os
import subprocess
from pathlib import Path

import pytest
from graph import ROOT
from segue.msg import BridgeStatus

OTHER = os.environ.get('SEGUE_LEROBOT_PYTHON', '')
pytestmark = [
    pytest.mark.skipif(not OTHER, reason='SEGUE_LEROBOT_PYTHON does not name a Python that has '
                                         'LeRobot and this package'),
    pytest.mark.timeout(900)]
MAKE = 'import sys, pathlib, lerobot_helpers; lerobot_helpers.blind(pathlib.Path(sys.argv[1]))'
INPUTS = '[state=observation.state, state=observation.environment_state]'


def test_checkpoint_in_another_python_drives_the_robot(graph, tmp_path):
    folder = tmp_path / 'pretrained_model'
    subprocess.run(
        [OTHER, '-c', MAKE, folder], check=True, cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': str(ROOT / 'test'), 'HF_HUB_OFFLINE': '1'})
    graph.node_with('robot_bridge', 'mock.yaml')
    node = graph.node_with('policy_node', 'mock.yaml', programs=Path(OTHER).parent,
                           policy='lerobot', checkpoint=folder, actions_per_chunk=16,
                           **{'lerobot.rename_map': INPUTS})
    status = graph.until(lambda s: s.state == BridgeStatus.RUNNING and s.chunks >= 3, seconds=600)
    assert status.refused_chunks == 0
    assert 'loaded lerobot (act pretrained_model)' in node.output
