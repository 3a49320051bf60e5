"""policy_node with its gateway as a real process: robots and clients share one model."""

import asyncio
import io
import json
import re
import socket
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from gateway_examples import REFRESH, REQUEST, RESPONSE, filled, shape
from gateway_helpers import CAMERAS, raw, text_frame
from graph import ROOT, Process, wait_for
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from PIL import Image
from remote_helpers import free_port
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as plain_connect

from policy_node.gateway.client import Client
from policy_node.policies.openpi import wire

CLIENTS = 200


@pytest.fixture
def start(tmp_path):
    """Start `ros2 run segue gateway`; returns process and port once it is open."""
    processes = []

    def run(policy='mock', config='mock.yaml', **parameters):
        given = {'policy': policy, 'gateway.port': free_port(), **parameters}
        overrides = [a for k, v in given.items() for a in ('-p', f'policy_node:{k}:={v}')]
        processes.append(Process(tmp_path, 'gateway', '--ros-args', '--params-file',
                                 str(ROOT / 'config' / config), *overrides))
        return processes[-1], given['gateway.port']

    yield run
    for process in processes:
        process.end()


@pytest.fixture
def opened(start):
    def run(*args, **parameters):
        process, port = start(*args, **parameters)
        process.says(f'open at ws://127.0.0.1:{port}')
        return process, port
    return run


def test_the_printed_examples_work_against_the_process(opened):
    _, port = opened('gateway_helpers:Printed', 'gateway.yaml', **{'gateway.rename_map': '[a=b]'})
    with plain_connect(f'ws://127.0.0.1:{port}', proxy=None) as ws:
        ws.send(filled(REQUEST, columns=3).replace('2.0', '0.5'))
        answer, refresh = (json.loads(ws.recv(timeout=30)) for _ in range(2))
    assert shape(answer) == shape(json.loads(filled(RESPONSE)))
    assert shape(refresh) == shape(json.loads(filled(REFRESH)))
    assert refresh['subtask'] == 'step 2 of Pick up the flashcard on the table'


@pytest.mark.filterwarnings('ignore:connect.. must be used:DeprecationWarning')
def test_openpis_stock_client_works(opened):
    client = pytest.importorskip('openpi_client.websocket_client_policy',
                                 reason='openpi-client is not installed')
    _, port = opened(**{'gateway.token': 'secret', 'gateway.rename_map':
                        '[observation/state=state]'})
    theirs = client.WebsocketClientPolicy('127.0.0.1', port, api_key='secret')
    try:
        assert theirs.get_server_metadata()['policy'] == 'mock'
        state = np.array([0.1, 0.2, 0.3], np.float32)
        request = {'observation/state': state, 'prompt': 'swing'}
        answer = theirs.infer(request)
        assert answer['actions'].shape == (50, 3) and np.allclose(answer['actions'][0], state)
        with pytest.raises(RuntimeError, match='state must have 3 values'):
            theirs.infer({**request, 'observation/state': state[:2]})
        assert np.allclose(theirs.infer(request)['actions'], answer['actions'])
    finally:
        theirs._ws.close()


def test_a_robot_and_a_client_are_served_by_one_policy_and_diagnosed(graph, opened):
    process, port = opened()
    entries = {}
    graph.node.create_subscription(
        DiagnosticArray, '/diagnostics', lambda m: entries.update({
            s.name: {v.key: v.value for v in s.values} for s in m.status}), 10)
    graph.node_with('robot_bridge', 'mock.yaml')
    with Client(f'ws://127.0.0.1:{port}') as client:
        began = graph.until(lambda s: s.chunks >= 2)

        def served(status):
            client.infer({}, 'swing', state=[0.0, 0.0, 0.0])
            return status.chunks >= began.chunks + 3

        graph.until(served)
        graph.until(lambda s: int(entries.get('policy_node: gateway', {}).get('answers', 0)) > 3)
    shown = entries['policy_node: gateway']
    assert (shown['clients'], shown['errors']) == ('1', '0')
    assert shown['url'] == f'ws://127.0.0.1:{port}'
    assert int(entries['policy_node: policy']['robots_alive']) == 2


def test_deactivating_closes_the_port_and_activating_opens_it(graph, opened):
    process, port = opened()

    def change(transition):
        assert graph.call(ChangeState, '/policy_node/change_state', ChangeState.Request(
            transition=Transition(id=transition))).success

    with plain_connect(f'ws://127.0.0.1:{port}/ws', proxy=None) as ws:
        change(Transition.TRANSITION_DEACTIVATE)
        with pytest.raises(ConnectionClosed, match='policy_node was deactivated'):
            ws.recv(timeout=20)
    with pytest.raises(ConnectionRefusedError):
        plain_connect(f'ws://127.0.0.1:{port}/ws', proxy=None)
    change(Transition.TRANSITION_ACTIVATE)
    with Client(f'ws://127.0.0.1:{port}') as client:
        assert client.infer({}, state=[0, 0, 0]).actions.shape == (50, 3)
    assert urllib.request.urlopen(f'http://127.0.0.1:{port}/healthz').status == 200


def test_a_port_that_is_taken_ends_the_program_with_one_line(start):
    with socket.create_server(('127.0.0.1', 0)) as other:
        port = other.getsockname()[1]
        process, _ = start(**{'gateway.port': port})
        process.says(f'gateway.port {port} of gateway.host')
        assert process.exit_code() == 1 and 'Traceback' not in process.output


def test_a_certificate_without_its_key_is_refused_in_one_line(start):
    process, _ = start(**{'gateway.tls_certificate': 'a.pem'})
    assert process.exit_code() == 1
    assert 'gateway.tls_certificate and gateway.tls_key are needed together' in process.output
    assert 'Traceback' not in process.output


def test_without_its_packages_a_port_is_refused_with_the_remedy():
    code = ("import sys; sys.modules['websockets'] = None\n"
            'from policy_node.gateway.door import Door\n'
            'from policy_node.gateway.parameters import OpenParams, Params\n'
            'from segue_core.parameters import ParameterError\n'
            'Door(Params(), None, {}, str, None).open()\n'
            'try: Door(OpenParams(), None, {}, str, None)\n'
            'except ParameterError as error: print(error)')
    said = subprocess.run([sys.executable, '-c', code], check=True, cwd=ROOT, text=True,
                          capture_output=True).stdout
    assert 'gateway.port 8000 needs websockets and msgpack' in said and 'pip install' in said


# ---- many clients, and some who mean no good ----
def resident_mb(process):
    status = Path(f'/proc/{process.popen.pid}/status').read_text()
    return int(re.search(r'VmRSS:\s+(\d+)', status)[1]) / 1024


async def honest(url, number, rounds=3):
    state = [0.001 * number, 0.0, 0.0]
    async with connect(f'{url}/ws', proxy=None, open_timeout=120) as ws:
        for _ in range(rounds):
            await ws.send(json.dumps({'state': state, 'request_id': number}))
            answer = json.loads(await asyncio.wait_for(ws.recv(), 120))
            assert answer['status'] == 'success' and answer['request_id'] == number
            assert np.allclose(answer['actions'][0][0], state)


NONSENSE = ('{' * 1000, '[' * 50_000, '{"state": [1, "a"]}', b'\xc1' * 1000, '{"state": [[0]]}',
            json.dumps({'state': [0.0] * 100_000}),
            wire.pack({'images': {'base_0_rgb': np.zeros((400, 400, 3), np.uint8)}}))


async def mean(url, number):
    sent = NONSENSE[number % len(NONSENSE)]
    async with connect(f'{url}/ws', proxy=None, open_timeout=120, max_size=None) as ws:
        for _ in range(3):
            await ws.send(sent)
            answer = await asyncio.wait_for(ws.recv(), 120)
            read = wire.unpack(answer) if isinstance(answer, bytes) else json.loads(answer)
            assert read['status'] == 'error' and read['error']
        await ws.send(json.dumps({'state': [0, 0, 0]}))
        ws.transport.get_extra_info('socket').shutdown(socket.SHUT_RDWR)    # and is gone


async def crowd(url):
    await asyncio.gather(*(honest(url, k) for k in range(CLIENTS)),
                         *(mean(url, k) for k in range(28)))


def test_two_hundred_clients_are_served_whatever_others_send_and_nothing_is_kept(opened):
    process, port = opened(max_batch_size=16)
    url = f'ws://127.0.0.1:{port}'
    with ExitStack() as stuck:
        for _ in range(5):
            stuck.enter_context(raw(port, text_frame(b'{"state": [0,0,0]}') * 1000))
        for _ in range(2):
            asyncio.run(crowd(url))
        before = resident_mb(process)
        for _ in range(2):
            asyncio.run(crowd(url))
        # What was freed is not always given back at once.
        assert resident_mb(process) - before < 80
    with Client(url) as client:
        assert client.infer({}, state=[0, 0, 0]).actions.shape == (50, 3)
    wait_for(lambda: process.popen.poll() is None, 1, 'the process to live')
    assert 'internal' not in process.output


def test_memory_of_large_images_is_given_back(opened):
    process, port = opened('gateway_helpers:Printed', 'gateway.yaml',
                           **{'gateway.rename_map': '[a=b]'})
    file = io.BytesIO()
    Image.new('RGB', (4000, 4000)).save(file, 'PNG')
    broken = file.getvalue()[:2000]     # 48 MB are made before that shows
    request = wire.pack({'state': np.zeros(3), 'images': {name: broken for name in CAMERAS}})
    used = []
    for _ in range(30):
        with plain_connect(f'ws://127.0.0.1:{port}/ws', proxy=None) as ws:
            for _ in range(3):
                ws.send(request)
                assert 'broken image' in wire.unpack(ws.recv(timeout=60))['error']
        used.append(resident_mb(process))
    assert used[-1] - used[0] < 60      # it was 900 while the C library kept what was freed


def test_a_prompt_of_the_page_is_the_robots_task(opened):
    process, port = opened()
    with plain_connect(f'ws://127.0.0.1:{port}/events', proxy=None) as ws:
        ws.send(json.dumps({'watch': '', 'prompt': 'fold the towel'}))
        process.says("task: 'fold the towel'")
