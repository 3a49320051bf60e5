"""An openpi server, written from its protocol: run as a program, or misbehaving on a thread."""

import base64
import hashlib
import http
import socket
import sys
import threading

import msgpack
import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode, Frame, Opcode
from websockets.sync.server import serve

ROWS = 20


def pack(message):
    return msgpack.packb(message, default=lambda a: {
        b'__ndarray__': True, b'data': a.tobytes(), b'dtype': a.dtype.str, b'shape': a.shape})


def unpack(data):
    return msgpack.unpackb(data, object_hook=lambda m: np.ndarray(
        m[b'shape'], m[b'dtype'], m[b'data']) if b'__ndarray__' in m else m)


def follow_state(request):
    """Rows that depend on everything in a LIBERO request; as many columns as the state has."""
    state = np.asarray(request['observation/state'])
    level = 0.1 * np.tanh(state) + 0.01 * np.tanh(len(request['prompt']))
    level += sum(np.asarray(v).mean() / 2550 for k, v in request.items() if 'image' in k)
    ramp = 0.001 * np.arange(ROWS)[:, np.newaxis]
    return {'actions': (level + ramp).astype(np.float32), 'state': state,
            'policy_timing': {'infer_ms': 12.5}, 'server_timing': {'infer_ms': 13.0}}


class OpenpiServer:
    """On a thread.

    Args:
        answer: Request -> answer; what it raises goes out as the protocol's error.
        converse: Called with each connection instead of the protocol.
        respond: Called with connection and request of HTTP before anything else.
    """

    def __init__(self, answer=follow_state, *, converse=None, respond=None, port=0):
        self.answer, self.respond = answer, respond
        self.requests, self._connections = [], []
        self._server = serve(converse or self._converse, '127.0.0.1', port, compression=None,
                             max_size=None, process_request=self._process)
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def _process(self, connection, request):
        self._connections.append(connection)
        if self.respond and (response := self.respond(connection, request)):
            return response
        if request.path == '/healthz':
            return connection.respond(http.HTTPStatus.OK, 'OK\n')
        return None

    def _converse(self, connection):
        connection.send(pack({'reset_pose': [0.0]}))
        try:
            while True:
                self.requests.append(unpack(connection.recv()))
                answer = self.answer(self.requests[-1])
                connection.send(answer if isinstance(answer, bytes) else pack(answer))
        except ConnectionClosed:
            pass
        except Exception as error:
            connection.send(f'Traceback (most recent call last):\n  ...\n{error!r}\n')
            connection.close(CloseCode.INTERNAL_ERROR, 'Internal server error.')

    def cut(self):
        """End all connections, as a restart does."""
        for connection in self._connections:
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.cut()
        self._server.shutdown()
        self._thread.join()


class RawServer:
    """Speaks WebSocket up to the metadata; then ``misbehave(socket)`` has the connection."""

    def __init__(self, misbehave):
        self._misbehave, self._open = misbehave, []
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            head = b''
            while not head.endswith(b'\r\n\r\n'):
                head += connection.recv(1)
            if b'/healthz' in head:
                connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK\n')
                continue
            key = head.lower().index(b'sec-websocket-key: ') + 19
            digest = hashlib.sha1(head[key:key + 24] + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
            connection.sendall(
                b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade'
                b'\r\nSec-WebSocket-Accept: ' + base64.b64encode(digest.digest()) + b'\r\n\r\n')
            connection.sendall(frame(pack({})))
            self._misbehave(connection)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        self._thread.join()


def frame(data):
    return Frame(Opcode.BINARY, data).serialize(mask=False)


if __name__ == '__main__':
    OpenpiServer(port=int(sys.argv[1]))
    print('serving', flush=True)
