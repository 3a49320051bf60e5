"""Clients of services."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

from embedded_ros.dds import DdsError, Reader, Writer
from embedded_ros.interfaces import InvalidPayload, deserialize, serialize
from rclpy._rclpy_pybind11 import RCLError
from rclpy.callback_groups import CallbackGroup
from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.impl import service_wire
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.qos import QoSProfile
from rclpy.task import Future

# How often `wait_for_service` looks [s].
_POLL_S = 0.02


class Client:
    """Calls a service; made by `Node.create_client`."""

    def __init__(
        self,
        context: Context,
        writer: Writer,
        reader: Reader,
        srv_type: Any,
        srv_name: str,
        qos_profile: QoSProfile,
        callback_group: CallbackGroup,
        service_name: str,
        logger: RcutilsLogger,
    ) -> None:
        self.context = context
        self._writer = writer
        self._reader = reader
        self.srv_type = srv_type
        self.srv_name = srv_name
        self.qos_profile = qos_profile
        self.callback_group = callback_group
        self._executor_event = False
        self._service_name = service_name
        self._logger = logger
        self._id = writer.instance_handle
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
        with self._lock:
            number = next(self._numbers)
            self._pending_requests[number] = future
        future.add_done_callback(self.remove_pending_request)
        header = service_wire.RequestId(self._id, number).pack()
        try:
            self._writer.write(serialize(request, header))
        except DdsError as error:
            self.remove_pending_request(future)
            raise RCLError(f'failed to send request: {error}') from error
        return future

    def get_pending_request(self, sequence_number: int) -> Future:
        """Future of a request that has no response yet.

        Raises:
            KeyError: There is no such request.
        """
        with self._lock:
            return self._pending_requests[sequence_number]

    def remove_pending_request(self, future: Future) -> None:
        """Forget a request: its response will be ignored."""
        with self._lock:
            for number, pending in self._pending_requests.items():
                if pending is future:
                    del self._pending_requests[number]
                    return

    def service_is_ready(self) -> bool:
        """Whether a service of that name and type was found, and found this client."""
        if service_wire.is_service_ready(self._writer, self._reader):
            return True
        if any(service_wire.is_foreign(server) for server in self._writer.matched_endpoints()):
            self._logger.warning(
                f"Service '{self._service_name}' is offered over Fast DDS, whose requests differ; "
                f'start it with RMW_IMPLEMENTATION=rmw_cyclonedds_cpp',
                once=True,
            )
        return False

    def wait_for_service(self, timeout_sec: float | None = None) -> bool:
        """Wait until the service is ready.

        Args:
            timeout_sec: Longest wait [s]; None: for ever.

        Returns:
            Whether it is.
        """
        end = None if timeout_sec is None else time.monotonic() + timeout_sec
        while self.context.ok() and not self.service_is_ready():
            left = _POLL_S if end is None else min(_POLL_S, end - time.monotonic())
            if left <= 0:
                break
            time.sleep(left)
        return self.service_is_ready()

    def configure_introspection(self, *args: Any) -> None:
        """Publish the requests and responses of this client."""
        raise NotImplementedError('Client.configure_introspection needs a real ROS 2')

    @property
    def handle(self) -> Reader:
        """The reader of the middleware."""
        return self._reader

    @property
    def service_name(self) -> str:
        """Absolute name of the service, after remapping."""
        return self._service_name

    def destroy(self) -> None:
        """Delete it; use `Node.destroy_client`."""
        self._writer.close()
        self._reader.close()

    def _take(self, executor: Any) -> Callable[[], Any] | None:
        sample = self._reader.take()
        request_id = sample and service_wire.read_request_id(sample)
        if sample is None or request_id is None or request_id.client != self._id:
            return None
        with self._lock:
            future = self._pending_requests.get(request_id.sequence_number)
        if future is None:
            return None
        try:
            response = deserialize(sample.buffer, self.srv_type.Response, service_wire.BODY_OFFSET)
        except InvalidPayload as error:
            self._logger.warning(
                f"Dropped a malformed response of service '{self._service_name}': {error}",
                throttle_duration_sec=5.0,
            )
            return None

        async def finish() -> None:
            future._set_executor(executor)
            future.set_result(response)

        return finish
