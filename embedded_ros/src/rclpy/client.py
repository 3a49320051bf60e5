"""Clients of services."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

from embedded_ros.polling import wait_until
from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.impl import service_wire
from rclpy.task import Future


class Client(service_wire.ServiceEndpoint):
    """Calls a service; made by `Node.create_client`."""

    def __init__(self, context: Context, *endpoint: Any) -> None:
        super().__init__(*endpoint)
        self.context = context
        self._id = self._writer.instance_handle
        self._numbers = itertools.count(1)
        self._pending_requests: dict[int, Future] = {}
        self._lock = threading.Lock()

    def call(self, request: Any, timeout_sec: float | None = None) -> Any:
        """Call the service and wait; another thread must spin the node.

        Args:
            request: Request.
            timeout_sec: Longest wait [s]; None: for ever.

        Returns:
            The response, None after the timeout.

        Raises:
            TypeError: `request` is of another type.
        """
        event = threading.Event()
        future = self.call_async(request)
        future.add_done_callback(lambda _: event.set())
        if not event.wait(timeout_sec):
            self.remove_pending_request(future)
        return future.result()

    def call_async(self, request: Any) -> Future:
        """Call the service.

        Returns:
            Future of the response.

        Raises:
            TypeError: `request` is of another type.
            InvalidHandle: The client was destroyed.
            RCLError: The context was shut down.
        """
        if not isinstance(request, self.srv_type.Request):
            raise TypeError(f'Expected {self.srv_type.Request}, got {type(request)}')
        if self._writer.closed:
            raise InvalidHandle('cannot use Destroyable because destruction was requested')
        future = Future()
        number = next(self._numbers)
        with self._lock:
            self._pending_requests[number] = future
        future.add_done_callback(self.remove_pending_request)
        try:
            self._send(request, service_wire.RequestId(self._id, number))
        except BaseException:
            self.remove_pending_request(future)
            raise
        return future

    def remove_pending_request(self, future: Future) -> None:
        """Forget a request: its response will be ignored."""
        with self._lock:
            for number, pending in self._pending_requests.items():
                if pending is future:
                    del self._pending_requests[number]
                    return

    def service_is_ready(self) -> bool:
        """Whether a service of that name and type was found, and found this client."""
        servers = self._writer.matched_endpoints()
        if service_wire.ids(servers) & service_wire.ids(self.handle.matched_endpoints()):
            return True
        if any(service_wire.is_foreign(server) for server in servers):
            self._logger.warning(
                f"Service '{self.service_name}' is offered {service_wire.FOREIGN}", once=True
            )
        return False

    def wait_for_service(self, timeout_sec: float | None = None) -> bool:
        """Wait until the service is ready.

        Args:
            timeout_sec: Longest wait [s]; None: for ever.

        Returns:
            Whether it is.
        """
        return wait_until(self.service_is_ready, timeout_sec, self.context.ok)

    def _take(self, executor: Any) -> Callable[[], Any] | None:
        sample = self.handle.take()
        request_id = sample and service_wire.read_request_id(sample)
        if not request_id or request_id.client != self._id:
            return None
        with self._lock:
            future = self._pending_requests.get(request_id.sequence_number)
        response = future and self._read(sample, self.srv_type.Response)
        if response is None:
            return None

        async def finish() -> None:
            future._set_executor(executor)
            future.set_result(response)

        return finish
