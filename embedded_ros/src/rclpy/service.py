"""Services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from embedded_ros.polling import wait_until
from rclpy._rclpy_pybind11 import RCLError
from rclpy.impl import service_wire
from rclpy.task import await_or_execute

# How long a reply waits for its client's reader to be discovered [s].
_REPLY_PATIENCE_S = 0.1
_REPLY_POLL_S = 0.002
# Clients whose readers are known to be there.
_KNOWN_CLIENTS = 256


class Service(service_wire.ServiceEndpoint):
    """Answers requests; made by `Node.create_service`."""

    def __init__(self, callback: Callable[[Any, Any], Any], *endpoint: Any) -> None:
        super().__init__(*endpoint)
        self.callback = callback
        # Whether the reader of a client was seen, by the handle of its writer.
        self._clients: dict[int, bool] = {}

    def send_response(self, response: Any, header: service_wire.RequestId) -> None:
        """Answer a request.

        Args:
            response: Response.
            header: Which request.

        Raises:
            TypeError: `response` or `header` is of another type.
            RCLError: The context was shut down.
        """
        if not isinstance(response, self.srv_type.Response):
            raise TypeError(
                f"Service '{self.service_name}': expected {self.srv_type.Response} from its "
                f'callback, got {type(response)}'
            )
        if not isinstance(header, service_wire.RequestId):
            raise TypeError(f'Expected {service_wire.RequestId}, got {type(header)}')
        try:
            self._send(response, header)
        except RCLError:
            if not self._writer.closed:
                raise

    def _take(self, executor: object) -> Callable[[], Any] | None:
        sample = self.handle.take()
        if sample is None or not self._is_understood(sample.publication_handle):
            return None
        request_id = service_wire.read_request_id(sample)
        request = self._read(sample, self.srv_type.Request)
        if request is None or request_id is None:
            return None

        async def answer() -> None:
            response = await await_or_execute(self.callback, request, self.srv_type.Response())
            self._reach(sample.publication_handle)
            self.send_response(response, request_id)

        return answer

    def _is_understood(self, handle: int) -> bool:
        """Whether a client's requests have the layout that is understood here."""
        if handle not in self._clients:
            client = self.handle.matched_endpoint(handle)
            if client is not None and service_wire.is_foreign(client):
                self._warn_dropped(f'a request of a client {service_wire.FOREIGN}')
                return False
            if len(self._clients) >= _KNOWN_CLIENTS:
                self._clients.clear()
            self._clients[handle] = False
        return True

    def _reach(self, handle: int) -> None:
        """Before the first reply to a client, wait until its reader is there lest it gets lost."""
        client = None if self._clients.get(handle) else self.handle.matched_endpoint(handle)
        if client is not None:
            wanted = service_wire.ids([client])
            wait_until(
                lambda: wanted <= service_wire.ids(self._writer.matched_endpoints()),
                _REPLY_PATIENCE_S, lambda: not self._writer.closed, _REPLY_POLL_S,
            )  # fmt: skip
        self._clients[handle] = True
