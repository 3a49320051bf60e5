"""`ros2 run segue replay`: what was recorded is what the robot is commanded again."""

import numpy as np
import pytest
from bag_helpers import NS, joints, request, write_bag
from graph import ROOT
from segue.msg import BridgeStatus
from sensor_msgs.msg import JointState

STEP_NS = round(NS / 30)
ROWS = 0.2 * np.sin(np.arange(45) / 10)


@pytest.fixture
def bag(tmp_path):
    """1.5 s of three joints at the rate of config/mock.yaml."""
    records = [(NS - 1, '/chunk_request', request(NS, 's'))]
    records += [(NS + k * STEP_NS, '/commanded_joint_states',
                 joints(NS + k * STEP_NS, joint_1=v, joint_2=-v, joint_3=v / 2))
                for k, v in enumerate(ROWS.tolist())]
    return write_bag(tmp_path / 'bag', records)


def test_recorded_actions_pass_the_bridge_and_the_last_one_is_held(graph, bag):
    commanded = []
    graph.node.create_subscription(JointState, 'commanded_joint_states',
                                   lambda msg: commanded.append(list(msg.position)), 100)
    graph.node_with('robot_bridge', 'mock.yaml', aggregate_fn_name='latest_only')
    graph.start('replay', '--params-file', str(ROOT / 'config/mock.yaml'), '--path', str(bag),
                '--max-frames', '40')
    graph.until(lambda s: s.state == BridgeStatus.RUNNING and s.timestep > 60)
    expected = np.stack([ROWS, -ROWS, ROWS / 2], axis=1)[:40]
    found = np.array(commanded[:55])
    assert found[:40] == pytest.approx(expected, abs=1e-6)
    assert found[40:] == pytest.approx(np.repeat(expected[-1:], 15, axis=0), abs=1e-6)


def test_recording_that_does_not_fit_is_one_clear_line(graph, bag):
    process = graph.start('replay', '--params-file', str(ROOT / 'config/mock.yaml'), '--path',
                          str(bag), '--episode', '7')
    assert process.exit_code() == 1
    assert 'no session 7: set replay.episode' in process.output
    assert 'Traceback' not in process.output
