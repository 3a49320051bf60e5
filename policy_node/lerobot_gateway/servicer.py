"""The gRPC server of one robot: bytes in, bytes or a status out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import grpc

from policy_node.lerobot_gateway.fitting import FitError
from policy_node.lerobot_gateway.service import RobotService
from policy_node.lerobot_gateway.session import Refused
from policy_node.lerobot_wire.messages import SERVICE, WireError, with_data
from policy_node.lerobot_wire.reading import PickleError
from segue_core.parameters import ParameterError

CALLS = 8
"""Calls at a time; a client makes two, and more than these are refused by gRPC."""
OPTIONS = (('grpc.so_reuseport', 0),)
QUIET = ('CANCELLED',)
MAX_DETAILS = 2000
"""Longest reason [characters]: it travels in a header of 8 kB."""


class Server:
    """Serves one robot until it is closed.

    Args:
        service: What the calls do.
        host: Address to listen on.
        port: Of it; 0 for a free one.
        warn: Told in one line which call was refused, and why.

    Raises:
        ParameterError: The address cannot be listened on.
    """

    def __init__(self, service: RobotService, host: str, port: int, warn: Callable[[str], None]
                 ) -> None:
        self._service, self._warn = service, warn
        self._server = grpc.server(ThreadPoolExecutor(CALLS), options=OPTIONS,
                                   maximum_concurrent_rpcs=CALLS)
        unary = grpc.unary_unary_rpc_method_handler
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
            'Ready': unary(self._served('Ready', service.ready)),
            'SendPolicyInstructions': unary(
                self._served('SendPolicyInstructions', service.instruct)),
            'SendObservations': grpc.stream_unary_rpc_method_handler(
                self._served('SendObservations', service.observe)),
            'GetActions': unary(self._served('GetActions', self._actions))}),))
        try:
            self.port = self._server.add_insecure_port(f'{host}:{port}')
        except RuntimeError as error:
            raise ParameterError(f'host {host!r} and port {port} cannot be listened on: another '
                                 'program may use them') from error
        self._server.start()

    def close(self) -> None:
        """End all calls."""
        self._server.stop(None).wait()

    def _actions(self, peer: str, message: bytes) -> bytes:
        made = self._service.actions(peer, message)
        return with_data(made) if made else b''

    def _served(self, name: str, work: Callable[[str, Any], bytes]
                ) -> Callable[[Any, grpc.ServicerContext], bytes]:
        """A call as gRPC makes it: errors become statuses, and a client that goes is noticed."""
        def serve(message: Any, context: grpc.ServicerContext) -> bytes:
            peer, done = context.peer(), Event()

            def ended() -> None:
                if not done.is_set():
                    self._service.left(peer)

            if not context.add_callback(ended):
                ended()
                return b''
            try:
                return work(peer, message)
            except Refused as error:
                code, reason = error.code, error.reason
            except (WireError, PickleError, FitError) as error:
                code, reason = 'INVALID_ARGUMENT', f'{name}: {error}'
            except grpc.RpcError:       # the client went while it sent
                self._service.left(peer)
                return b''
            finally:
                done.set()
            reason = reason[:MAX_DETAILS]
            if code not in QUIET:
                self._warn(f'client {peer}: {reason}')
            context.abort(grpc.StatusCode[code], reason)
            raise AssertionError('abort raises')
        return serve
