"""A gateway in the test's own process, policies for it, and a client as plain as can be."""

import json
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection

import numpy as np
from websockets.sync.client import connect

from policy_node.gateway.features import FeatureMap
from policy_node.gateway.jobs import GatewayJob
from policy_node.gateway.parameters import Params
from policy_node.gateway.server import Gateway
from policy_node.gateway.shared import Shared
from policy_node.inference import InferenceThread
from policy_node.policies.openpi import wire
from policy_node.policy import PolicyConfig, PolicyError, PolicyMetadata, Prediction, Subtask
from policy_node.scheduler import Waiting
from policy_node.server import PolicyServer
from policy_node.subtasks import SubtaskKeeper, SubtaskSettings
from policy_node.tally import Tally

NAMES = ('x', 'y', 'gripper')
ROWS = 4
COLUMNS = {'state': 2}
CAMERAS = ('base_0_rgb', 'left_wrist_0_rgb', 'right_wrist_0_rgb')


class Seeing:
    """Rows that depend on everything it is given; columns: mean of the images, state, prompt."""

    def __init__(self, config, cameras=(), needs_state=True):
        self.cameras = cameras
        self.metadata = PolicyMetadata('seeing', config.action_names, config.action_units, ROWS,
                                       (*cameras, *(['state'] if needs_state else [])))
        self.observations, self.resets = [], []

    def infer(self, observation, prefix, delay):
        self.observations.append(observation)
        row = np.resize(seen(observation.features, observation.prompt),
                        len(self.metadata.action_names))
        return Prediction(np.tile(row, (ROWS, 1)))

    def infer_batch(self, queries):
        return [self.infer(q.observation, q.prefix, q.delay) for q in queries]

    def reset(self, session_id):
        self.resets.append(session_id)


class Alohas(Seeing):
    """With the three cameras of the JSON messages' example."""

    def __init__(self, config):
        super().__init__(config, CAMERAS, needs_state=False)


class Gated(Seeing):
    """Infers only when it is let."""

    def __init__(self, config):
        super().__init__(config)
        self.busy, self.open = threading.Event(), threading.Event()

    def infer(self, observation, prefix, delay):
        self.busy.set()
        assert self.open.wait(20)
        return super().infer(observation, prefix, delay)


class Broken(Seeing):
    """Fails by its own error, and, told to, by one that nobody foresaw."""

    def infer(self, observation, prefix, delay):
        if observation.prompt == 'bug':
            raise ZeroDivisionError('a bug')
        raise PolicyError(f'the model is out of memory: {observation.prompt}')


class Planning(Seeing):
    """Of two levels: subtask n is 'step n of <prompt>'."""

    def __init__(self, config, cameras=()):
        super().__init__(config, cameras)
        self.decodings = []

    def subtask(self, observation, decoding, give_way):
        self.decodings.append((observation, decoding))
        give_way()
        return Subtask(f'step {len(self.decodings)} of {observation.prompt}',
                       (len(self.decodings), 7))


class Printed(Planning):
    """For the printed request, of two levels."""

    def __init__(self, config):
        super().__init__(config, CAMERAS)


def tls_files(folder):
    """A certificate for localhost and its key, made for this test."""
    files = folder / 'certificate.pem', folder / 'key.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
                    '-out', files[0], '-keyout', files[1]], check=True, capture_output=True)
    return tuple(map(str, files))


def seen(features, prompt):
    images = [v.mean() for v in features.values() if v.ndim == 3]
    return np.array([np.mean(images or 0), np.sum(features.get('state', 0)), len(prompt)])


class Robot:
    """A robot of the node: asks, and is given prompts."""

    def __init__(self):
        self.prompts = []

    def instruct_later(self, prompt):
        self.prompts.append(prompt)

    def ask(self, made, prompt='tidy up', session='run 1', **features):
        job = GatewayJob(inference=made.inference, session_id=session, prompt=prompt,
                         stamp_ns=time.monotonic_ns(), deadline_ns=20 * 10**9,
                         features={'state': np.array([1.0, 2.0]), **features})
        made.inference.add(Waiting('arm', job, False, job.stamp_ns + job.deadline_ns))
        return job.result.result(20)


class Log:
    """What a node's logger would say."""

    def __init__(self):
        self.lines = []

    def info(self, message, **_):
        self.lines.append(message)

    warning = error = info


class Keeper(SubtaskKeeper):
    """As policy_node has it: subtasks find the gateway's sessions."""

    def __init__(self):
        self.gateway = None
        super().__init__(SubtaskSettings(subtask_early_refresh=False), newest=self._view,
                         on_change=self._told)

    def _view(self, session_id):
        session = self.gateway.session(session_id)
        return session.view() if session else None

    def _told(self, session_id, new):
        if session := self.gateway.session(session_id):
            session.tell(session_id, new)


@contextmanager
def gateway(make=Seeing, max_batch_size=8, robots=dict, **params):
    """An open gateway with ``policy``, ``log``, ``inference`` and ``keeper``; on a free port."""
    config = PolicyConfig(policy='', actions_per_chunk=ROWS, step_ns=10**8, action_names=NAMES,
                          action_units=('m',) * 3)
    keeper = Keeper()
    server = PolicyServer(config, keeper)
    server.policy = make(config) if make else None
    inference = InferenceThread(server, max_batch_size, 3_000_000, Tally(['']))
    given, log = Params(**params), Log()
    made = Gateway(Shared(given, inference, FeatureMap(given, COLUMNS), lambda: 'by default', log,
                          robots))
    made.policy, made.log, made.inference, made.keeper = server.policy, log, inference, keeper
    keeper.gateway = made
    made.open()
    try:
        yield made
    finally:
        made.close('the test is over')
        inference.close()


@contextmanager
def connected(made, path='/ws', **options):
    """A connection of the library's plain client."""
    with connect(f'ws://127.0.0.1:{made.port}{path}', max_size=None, proxy=None, **options) as ws:
        yield ws


def ask(ws, message):
    """Send JSON, or text as it is, and read the answer."""
    ws.send(message if isinstance(message, (str, bytes)) else json.dumps(message))
    return json.loads(ws.recv(timeout=20))


def image(value=0, height=4, width=6):
    return np.full((height, width, 3), value, np.uint8)




def raw(port, data=b'', path=None):
    """A socket past the handshake, for what no library would send; with a path, before its end."""
    made = socket.create_connection(('127.0.0.1', port), timeout=20)
    made.sendall(f'GET {path or "/ws"} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n'
                 'Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
                 'Sec-WebSocket-Version: 13\r\n\r\n'.encode())
    head = b''
    while not path and not head.endswith(b'\r\n\r\n'):
        head += made.recv(1)
    made.sendall(data)
    return made


def text_frame(data):
    """As a client sends it, masked with zeros."""
    return b'\x81\xff' + len(data).to_bytes(8, 'big') + b'\0\0\0\0' + data


def get(made, path, **headers):
    """Status, text and content type of a page of the gateway."""
    connection = HTTPConnection('127.0.0.1', made.port, timeout=10)
    try:
        connection.request('GET', path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.getheader('Content-Type')
    finally:
        connection.close()


def openpi_infer(ws, request):
    """Answer to one request of openpi's protocol."""
    ws.send(wire.pack(request))
    answer = ws.recv(timeout=20)
    return answer if isinstance(answer, str) else wire.unpack(answer)
