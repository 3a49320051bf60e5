"""The vendor's serial port, without polling and with time limits of our own."""

from __future__ import annotations

import scservo_sdk as scs
import serial


class Port(scs.PortHandler):
    """The SDK's port, which waits in the kernel instead of polling, and for no longer than told.

    Args:
        name: Serial device.
        reply_timeout: How long a reply may take [s].
    """

    def __init__(self, name: str, reply_timeout: float) -> None:
        super().__init__(name)
        self.is_open: bool = False
        self._reply_timeout = reply_timeout

    def setupPort(self, cflag_baud: int) -> bool:     # noqa: N802
        """Open it for this program alone."""
        self.ser = serial.Serial(self.port_name, self.baudrate, timeout=self._reply_timeout,
                                 write_timeout=1.0, exclusive=True)
        self.is_open = True
        return True

    def clearPort(self) -> None:    # noqa: N802
        """Forget what has come and was not asked for."""
        self.ser.reset_input_buffer()

    def setPacketTimeout(self, packet_length: int) -> None:     # noqa: N802
        """Start to wait for a reply; the SDK's own times are far too long."""
        self.setPacketTimeoutMillis(self._reply_timeout * 1e3)

    @property
    def waited_enough(self) -> bool:
        """Whether the reply is late."""
        return bool(self.packet_timeout == 0 or self.isPacketTimeout())

    def wait_for(self, reply_timeout: float) -> None:
        """Change how long a reply may take [s]."""
        self._reply_timeout = self.ser.timeout = reply_timeout
