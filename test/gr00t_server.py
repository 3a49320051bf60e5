"""A GR00T server, written from its protocol, on a thread."""

import io
import sys
import threading

import msgpack
import numpy as np
import zmq

ROWS = 20
MODALITIES = {
    'video': {'modality_keys': ['front', 'wrist'], 'delta_indices': [0]},
    'state': {'modality_keys': ['single_arm', 'gripper'], 'delta_indices': [0]},
    'action': {'modality_keys': ['single_arm', 'gripper'], 'delta_indices': list(range(ROWS))},
    'language': {'modality_keys': ['annotation.human.task_description'], 'delta_indices': [0]}}


def _default(value):
    file = io.BytesIO()
    np.save(file, value, allow_pickle=False)
    return {'__ndarray_class__': True, 'as_npy': file.getvalue()}


def pack(message):
    return msgpack.packb(message, default=_default)


def unpack(data):
    return msgpack.unpackb(data, object_hook=lambda m: np.load(
        io.BytesIO(m['as_npy']), allow_pickle=False) if '__ndarray_class__' in m else m)


def follow_state(observation, options):
    """Rows that depend on everything in a request; arm and gripper as wide as their states."""
    level = 0.01 * np.tanh(len(observation['language']['annotation.human.task_description'][0][0]))
    level += sum(image.mean() / 2550 for image in observation['video'].values())
    ramp = 0.001 * np.arange(ROWS, dtype=np.float32)[:, np.newaxis]
    return [{key: (0.1 * np.tanh(value[:, 0]) + level + ramp)[np.newaxis].astype(np.float32)
             for key, value in observation['state'].items()}, {}]


class Gr00tServer:
    """On a thread.

    Args:
        answer: Observation and options -> answer to get_action; bytes go out as they are.
        modalities: Answer to get_modality_config.
        token: The one that is let in.
    """

    def __init__(self, answer=follow_state, *, modalities=MODALITIES, token=None, port=0):
        self.answer, self.modalities, self._token = answer, modalities, token
        self.requests = []
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(f'tcp://127.0.0.1:{port or "*"}')
        self.port = int(self._socket.getsockopt_string(zmq.LAST_ENDPOINT).rpartition(':')[2])
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while not self._ended.is_set():
            if self._socket.poll(20):
                request = unpack(self._socket.recv())
                self.requests.append(request)
                answer = self._handle(request)
                self._socket.send(answer if isinstance(answer, bytes) else pack(answer))
        self._socket.close()

    def _handle(self, request):
        if self._token and request.get('api_token') != self._token:
            return {'error': 'Unauthorized: Invalid API token'}
        try:
            return {
                'ping': lambda: {'status': 'ok'}, 'reset': lambda options: {},
                'get_modality_config': lambda: {
                    name: {'__ModalityConfig_class__': True, 'as_json': value}
                    for name, value in self.modalities.items()},
                'get_action': self.answer}[request['endpoint']](**request.get('data', {}))
        except Exception as error:
            return {'error': repr(error)}

    @property
    def endpoints(self):
        return [request['endpoint'] for request in self.requests]

    @property
    def observation(self):
        """The last one."""
        return self.requests[-1]['data']['observation']

    def close(self):
        self._ended.set()
        self._thread.join()
        self._context.term()


if __name__ == '__main__':
    Gr00tServer(port=int(sys.argv[1]))
    print('serving', flush=True)
