"""LeRobot's own robot_client, through the gateway, with our policy_node.

Runs where LeRobot is installed, or where LEROBOT_PYTHON names a Python that has it.
"""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from graph import ROOT, wait_for

PYTHON = os.environ.get('LEROBOT_PYTHON', sys.executable)
JOINTS = ('joint_3', 'joint_1', 'joint_2')      # the client's order is its own
ACTIONS = 90
CONFIG = """
/**:
  ros__parameters:
    autostart: true
    contract:
      observations: [state, front]
      state: {topic: joint_states, type: sensor_msgs/msg/JointState,
              names: [joint_1, joint_2, joint_3]}
      front: {topic: front/image_raw, type: sensor_msgs/msg/Image}
      actions: [joint_1, joint_2, joint_3]
      action_units: [rad, rad, rad]
"""


def has_lerobot():
    return subprocess.run(
        [PYTHON, '-c', 'import sys, importlib.util as u; sys.exit(u.find_spec("lerobot") is None)'],
        check=False, capture_output=True).returncode == 0


pytestmark = [pytest.mark.skipif(not has_lerobot(), reason='LeRobot is not installed; see '
                                 'LEROBOT_PYTHON'), pytest.mark.timeout(600)]


def robot_client(port, folder):
    given = {'port': int(port), 'joints': JOINTS, 'size': (240, 320), 'actions': ACTIONS}
    return subprocess.Popen(
        [PYTHON, ROOT / 'test' / 'lerobot_gateway_peer.py'], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        env={**os.environ, 'HF_HUB_OFFLINE': '1'}), json.dumps(given)


@pytest.mark.parametrize('similarity_atol', [0.0, 1.0])
def test_stock_robot_client_executes_what_policy_node_infers(graph, similarity_atol):
    config = graph.folder / 'contract.yaml'
    config.write_text(CONFIG)
    gateway = graph.start('lerobot_gateway', '--ros-args', '--params-file', str(config), '-p',
                          'port:=0', '-p', f'similarity_atol:={similarity_atol}')
    graph.start('policy_node', '--ros-args', '--params-file', str(config), '-p',
                'policy:=policies_for_tests:Watching', '-p', 'actions_per_chunk:=50')
    (port,) = wait_for(lambda: re.findall(r'server_address=127.0.0.1:(\d+)', gateway.output), 60,
                       'the port')
    client, given = robot_client(port, graph.folder)
    try:
        out, errors = client.communicate(given, timeout=500)
    finally:
        client.kill()
    assert client.returncode == 0, f'{errors}\n{gateway.output}'
    told = json.loads(out[out.index('{"executed"'):])
    print(f'{len(told["chunks"])} chunks, observation to chunk '
          f'{1e3 * np.median([c[2] for c in told["chunks"]]):.0f} ms')
    steps = np.array([timestep for timestep, _ in told['executed']])
    assert len(steps) == ACTIONS
    assert (np.diff(steps) >= 0).all()      # its queue swap races with taking: some rows run twice
    wanted = np.array([0.3 * np.sin(steps / 15) * factor for factor in (3, 1, 2)]).T
    assert np.allclose([row for _, row in told['executed']], wanted, atol=1e-5)
    assert {rows for _, rows, _ in told['chunks']} == {20}
    assert len(told['chunks']) >= 4
    assert 'wants act user/model on cpu; it gets what policy_node has: policies' in gateway.output
