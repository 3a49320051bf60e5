"""The application of policy `ray` without Ray: its answers over HTTP, or other answers."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from policy_node.policies.ray.answers import Answers, Arrived
from policy_node.policies.ray.wire import Question, read, write


class Application:
    """On a thread.

    Args:
        config: Policy that it loads.
        respond: Called with each POST body; status and body of the answer, None for the policy's.
    """

    def __init__(self, config, *, respond=lambda body: None, port=0, token=''):
        self.answers, self.respond, self.token = Answers(config), respond, token
        self.questions, self.sessions, self.connections = [], [], []
        application = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                application.connections.append(self.connection)

            def do_GET(self):
                self.reply(200, write(application.answers.describe()))

            def do_POST(self):
                application.sessions.append(self.headers['x-session-id'])
                body = self.rfile.read(int(self.headers['Content-Length']))
                self.reply(*(application.respond(body) or (200, application.answer(body))))

            def reply(self, status, body):
                if self.headers.get('Authorization', '') != application.token:
                    status, body = 401, b'another token is wanted'
                try:
                    self.send_response(status)
                    self.send_header('Content-Length', str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass    # the client gave up

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass    # connections are cut by tests

        self._inference = ThreadPoolExecutor(1)
        self._server = Server(('127.0.0.1', port), Handler)
        self.port = self._server.server_port
        self.url = f'http://127.0.0.1:{self.port}/segue'
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def answer(self, body):
        question = read(Question, body)
        self.questions.append(question)
        arrived = Arrived(question, time.monotonic())
        answer, = self._inference.submit(self.answers.answer, [arrived]).result()
        return write(answer)

    def load(self, config):
        """Replace the policy, as an update or the loss of a replica does."""
        self.answers = Answers(config)

    def close(self):
        self._server.shutdown()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.server_close()
        self._inference.shutdown()
