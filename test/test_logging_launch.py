"""`logging.launch.py` beside a run; its bag becomes a dataset and can be replayed."""

import json
import os
import re
import signal
import subprocess

import pytest
from graph import BIN, ROOT, wait_for
from segue.msg import BridgeStatus

from policy_node.policies.replay import Params, ReplayPolicy
from policy_node.policy import Observation, PolicyConfig

MOCK = ROOT / 'config/mock.yaml'
NAMES = ('joint_1', 'joint_2', 'joint_3')


def launched(folder, *arguments):
    log = folder / 'launch.log'
    with log.open('w') as output:
        process = subprocess.Popen(
            [BIN / 'ros2', 'launch', 'segue', 'logging.launch.py', *arguments], stdout=output,
            stderr=subprocess.STDOUT, cwd=folder, start_new_session=True,
            env={**os.environ, 'ROS_LOG_DIR': str(folder / 'log'), 'PYTHONUNBUFFERED': '1'})
    return process, log


def test_run_is_kept_and_becomes_a_dataset_that_can_be_replayed(graph, tmp_path, capsys):
    pytest.importorskip('pyarrow', reason='needs the extra datasets')
    process, log = launched(tmp_path, f'params_file:={MOCK}', 'log_dir:=logs', 'bag:=bag')
    try:
        wait_for(lambda: 'logging sessions to' in log.read_text() or process.poll(), 60,
                 'the logger')
        graph.node_with('robot_bridge', 'mock.yaml', task='wave')
        graph.node_with('policy_node', 'mock.yaml', policy='policies_for_tests:Sine')
        graph.until(lambda s: s.state == BridgeStatus.RUNNING and s.timestep > 60)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    (session,) = (tmp_path / 'logs').glob('session_*')
    lines = (session / 'inference_log.jsonl').read_text().splitlines()
    assert len(lines) > 50
    assert json.loads(lines[-1])['prompt'] == 'wave'

    from segue_recording.export.cli import main
    assert main(['--bag', str(tmp_path / 'bag'), '--out', str(tmp_path / 'data'),
                 '--params-file', str(MOCK)]) == 0
    left_out = re.search(r'the first (\d+) left out', capsys.readouterr().out)
    first = int(left_out[1]) if left_out else 0     # frame 0 of the dataset is this one of the bag
    assert replayed(tmp_path / 'data', 20) == pytest.approx(
        replayed(tmp_path / 'bag', 20 + first), abs=1e-2)


def replayed(path, timestep):
    """What is replayed from a control step on, shape (20, 3)."""
    policy = ReplayPolicy(PolicyConfig(
        policy='replay', actions_per_chunk=20, step_ns=round(1e9 / 30), action_names=NAMES,
        action_units=('rad',) * 3, params=Params(path=str(path))))
    return policy.infer(Observation(0, timestep, '', {}), None, 0.0).actions


def test_launch_without_anything_to_do_says_so(tmp_path):
    process, log = launched(tmp_path, f'params_file:={MOCK}')
    assert process.wait(60) != 0
    assert 'give log_dir:=<folder>, bag:=<folder>, or both' in log.read_text()
