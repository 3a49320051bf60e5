"""Services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from embedded_ros.dds import DdsError, Reader, Writer
from embedded_ros.interfaces import InvalidPayload, deserialize, serialize
from rclpy._rclpy_pybind11 import RCLError
from rclpy.callback_groups import CallbackGroup
from rclpy.impl import service_wire
from rclpy.impl.awaiting import await_or_execute
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.qos import QoSProfile

# Clients whose readers are known to be there.
_KNOWN_CLIENTS = 256


class Service:
    """Answers requests; made by `Node.create_service`."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        srv_type: Any,
        srv_name: str,
        callback: Callable[[Any, Any], Any],
        callback_group: CallbackGroup,
        qos_profile: QoSProfile,
        service_name: str,
        logger: RcutilsLogger,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.srv_type = srv_type
        self.srv_name = srv_name
        self.callback = callback
        self.callback_group = callback_group
        self._executor_event = False
        self.qos_profile = qos_profile
        self._service_name = service_name
        self._logger = logger
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
                f"Service '{self._service_name}': expected {self.srv_type.Response} from its "
                f'callback, got {type(response)}'
            )
        if not isinstance(header, service_wire.RequestId):
            raise TypeError(f'Expected {service_wire.RequestId}, got {type(header)}')
        try:
            self._writer.write(serialize(response, header.pack()))
        except DdsError as error:
            if not self._writer.closed:
                raise RCLError(f'failed to send response: {error}') from error

    def configure_introspection(self, *args: Any) -> None:
        """Publish the requests and responses of this service."""
        raise NotImplementedError('Service.configure_introspection needs a real ROS 2')

    @property
    def handle(self) -> Reader:
        """The reader of the middleware."""
        return self._reader

    @property
    def service_name(self) -> str:
        """Absolute name of the service, after remapping."""
        return self._service_name

    def destroy(self) -> None:
        """Delete it; use `Node.destroy_service`."""
        self._reader.close()
        self._writer.close()

    def _take(self, executor: object) -> Callable[[], Any] | None:
        sample = self._reader.take()
        if sample is None:
            return None
        handle = sample.publication_handle
        if not self._is_known(handle):
            self._warn('a request over Fast DDS, whose requests differ; start its client with '
                       'RMW_IMPLEMENTATION=rmw_cyclonedds_cpp')  # fmt: skip
            return None
        request_id = service_wire.read_request_id(sample)
        try:
            request = deserialize(sample.buffer, self.srv_type.Request, service_wire.BODY_OFFSET)
        except InvalidPayload as error:
            self._warn(f'a malformed request: {error}')
            return None
        if request_id is None:
            return None

        async def answer() -> None:
            response = await await_or_execute(self.callback, request, self.srv_type.Response())
            self._reach(handle)
            self.send_response(response, request_id)

        return answer

    def _warn(self, what: str) -> None:
        self._logger.warning(
            f"Service '{self._service_name}' dropped {what}", throttle_duration_sec=5.0
        )

    def _is_known(self, handle: int) -> bool:
        """Whether a client's requests have the layout that is understood here."""
        if handle not in self._clients:
            client = self._reader.matched_endpoint(handle)
            if client is not None and service_wire.is_foreign(client):
                return False
            if len(self._clients) >= _KNOWN_CLIENTS:
                self._clients.clear()
            self._clients[handle] = False
        return True

    def _reach(self, handle: int) -> None:
        """Before the first reply to a client, wait until its reader is there."""
        if not self._clients.get(handle):
            service_wire.wait_for_client(self._reader, self._writer, handle)
            self._clients[handle] = True
