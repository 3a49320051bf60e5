"""The session logger beside a running robot: what it writes, and that it disturbs nobody."""

import json
import signal

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from graph import ROOT, wait_for
from segue.msg import BridgeStatus
from sensor_msgs.msg import Image

SINE = 'policies_for_tests:Sine'
INPUT = '      state: {'
HEAD = '      head: {topic: head/image_raw, type: sensor_msgs/msg/Image}\n'


def running(status):
    return status.state == BridgeStatus.RUNNING and status.chunks >= 3


@pytest.fixture
def robot(graph):
    """Bridge and policy of three joints and a camera of the test, running."""
    text = (ROOT / 'config/mock.yaml').read_text()
    file = graph.folder / 'robot.yaml'
    file.write_text(text.replace('[state]', '[state, head]').replace(INPUT, HEAD + INPUT))
    images = graph.node.create_publisher(Image, 'head/image_raw', 10)

    def see():
        msg = Image(height=24, width=32, encoding='rgb8', step=96, data=bytes(24 * 96))
        msg.header.stamp = graph.node.get_clock().now().to_msg()
        images.publish(msg)

    graph.node.create_timer(1 / 30, see)
    graph.start('robot_bridge', '--ros-args', '--params-file', str(file))
    graph.start('policy_node', '--ros-args', '--params-file', str(file), '-p', f'policy:={SINE}')
    return file


def logger(graph, file, **parameters):
    given = {'log_dir': 'logs', 'min_free': 0.0, **parameters}
    made = graph.start('session_logger', '--ros-args', '--params-file', str(file),
                       *[a for k, v in given.items() for a in ('-p', f'{k}:={v}')])
    made.says('nothing is logged' if 'enable_logging' in given else 'logging sessions to')
    return made


def metadata_of(folder):
    return json.loads((folder / 'metadata.json').read_text())


def entries(graph):
    (folder,) = (graph.folder / 'logs').glob('session_*')
    lines = (folder / 'inference_log.jsonl').read_text().splitlines()
    return folder, [json.loads(line) for line in lines]


def test_run_is_logged_in_the_format_of_the_document(graph, robot):
    made = logger(graph, robot)
    graph.until(running)
    steps = graph.status.timestep
    graph.until(lambda s: s.timestep > steps + 60)
    made.end()
    assert made.exit_code() == 0
    folder, found = entries(graph)
    assert len(found) > 60
    assert {(len(e['state']), len(e['action']), e['episode_id']) for e in found} == {(3, 3, 0)}
    asked = [e for e in found if e['extra_info']['is_inference_frame']]
    assert asked and all((folder / e['image_paths']['head']).is_file() for e in asked[1:])
    answered = [e for e in found if e['latency_ms'] is not None]
    assert answered and all(e['latency_ms'] > 0 for e in answered)
    chunk = answered[0]['extra_info']['chunks'][0]
    assert len(chunk['actions']) == 50
    assert chunk['model'] == {'policy': SINE, 'config': '', 'checkpoint': ''}
    assert metadata_of(folder)['config']['control_freq'] == 30.0
    metadata = metadata_of(folder)
    assert metadata['total_frames'] == len(found)
    indices = [e['frame_index'] for e in found]
    assert indices == sorted(set(indices))
    assert indices[-1] + 1 == len(found) + metadata['dropped_frames']   # on a busy machine
    assert metadata['config']['action_names'] == ['joint_1', 'joint_2', 'joint_3']
    assert metadata['config']['driver'] == 'mock'


def test_killed_logger_leaves_a_readable_log_and_a_running_robot(graph, robot):
    made = logger(graph, robot)
    graph.until(running)
    wait_for(lambda: list((graph.folder / 'logs').glob('session_*/inference_log.jsonl')) and
             len(entries(graph)[1]) > 20, 30, 'twenty lines')
    made.popen.send_signal(signal.SIGKILL)
    made.popen.wait()
    folder, found = entries(graph)
    assert metadata_of(folder)['session_id']
    assert len(found) > 20
    steps = graph.status.timestep
    graph.until(lambda s: s.timestep > steps + 20)


def test_disk_without_space_is_told_on_diagnostics_and_nothing_fails(graph, robot):
    told = []
    graph.node.create_subscription(DiagnosticArray, '/diagnostics', lambda msg: told.extend(
        s for s in msg.status if s.name == 'session_logger: session log'), 10)
    made = logger(graph, robot, min_free=1e6)
    graph.until(lambda s: any('min_free is 1e+06 GB' in s.message for s in told))
    made.says('frames were not logged')
    made.end()
    assert made.exit_code() == 0
    assert not list((graph.folder / 'logs').glob('session_*'))


def test_logger_that_is_switched_off_does_nothing(graph, robot):
    made = logger(graph, robot, enable_logging='false')
    graph.until(running)
    made.end()
    assert not (graph.folder / 'logs').exists()


def test_folder_that_cannot_be_written_is_one_clear_line(graph, robot):
    (graph.folder / 'logs').write_text('a file')
    made = graph.start('session_logger', '--ros-args', '--params-file', str(robot), '-p',
                       'log_dir:=logs')
    assert made.exit_code() == 1
    assert "log_dir 'logs' cannot be written" in made.output
    assert 'Traceback' not in made.output
