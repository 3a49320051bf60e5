"""The servo bus: the vendor's SDK behind typed calls, with time limits, retries and one error."""

from __future__ import annotations

import errno
import termios
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import scservo_sdk as scs

from robot_bridge.driver import DriverError
from robot_bridge.drivers.so101.ports import describe_ports
from robot_bridge.drivers.so101.registers import BAUD, ID, MODEL_NUMBER, Register
from robot_bridge.drivers.so101.serial_port import Port

T = TypeVar('T')

ATTEMPTS = 5
"""How often a single servo is asked before it counts as silent."""
PATIENT = 0.03
"""How long a reply may take where no control tick waits [s]."""
Replies = dict[int, tuple[list[int], int]]
"""Id -> data and error byte."""


class BusError(DriverError):
    """The port cannot be used; nothing reaches any servo."""


class NoReplyError(DriverError):
    """A servo does not answer."""


@dataclass(slots=True)
class Counters:
    """What went wrong on the bus.

    Attributes:
        lost: Replies that did not come or were garbled.
        retried: Instructions sent once more.
    """

    lost: int = 0
    retried: int = 0


class ServoBus:
    """Servos on one serial port.

    Args:
        port: Serial device.
        reply_timeout: How long a reply may take [s].
    """

    def __init__(self, port: str, reply_timeout: float) -> None:
        self.port = port
        self.counters = Counters()
        self._reply_timeout = reply_timeout
        self._sdk = scs.PacketHandler(0)
        self._handler: Port | None = None

    @property
    def is_open(self) -> bool:
        """Whether the port is open and has not failed."""
        return self._handler is not None

    def open(self, baud: int = BAUD) -> None:
        """Open the port.

        Raises:
            BusError: It does not exist, is in use, or may not be opened.
        """
        self.close()
        handler = Port(self.port, self._reply_timeout)
        try:
            handler.setBaudRate(baud)
        except (OSError, ValueError, termios.error) as error:
            raise BusError(_why_not_open(self.port, error)) from error
        self._handler = handler

    @contextmanager
    def patience(self) -> Iterator[None]:
        """Give replies more time for a while, where no control tick waits."""
        self._transact(lambda port: port.wait_for(max(PATIENT, self._reply_timeout)))
        try:
            yield
        finally:
            if self._handler:
                self._transact(lambda port: port.wait_for(self._reply_timeout))

    def close(self) -> None:
        """Close the port; may be called twice."""
        handler, self._handler = self._handler, None
        if handler is None:
            return
        try:
            handler.closePort()
        except (OSError, termios.error):    # it is gone already
            pass

    def ping(self, servo: int, attempts: int = 3) -> int | None:
        """Model number of a servo, or None if none answers."""
        first = MODEL_NUMBER.address
        try:
            block = self.read_block(servo, first, ID.address + ID.size - first, attempts)
        except NoReplyError:
            return None
        return MODEL_NUMBER.of(block, first)

    def find_one(self) -> int | None:
        """Id of the only servo that is connected, or None if none answers.

        Raises:
            DriverError: There is more than one.
        """
        packet = [0, 0, scs.BROADCAST_ID, 2, scs.INST_PING, 0]
        found = self._ask(lambda port: self._sdk.txPacket(port, packet), 0, None)
        if len(found) > 1:
            raise DriverError(f'{len(found)} servos are connected ({list(found)}); connect only '
                              'one')
        return next(iter(found), None)

    def read_block(self, servo: int, address: int, size: int, attempts: int = ATTEMPTS
                   ) -> list[int]:
        """Bytes of a servo's table.

        A reply does not say what it answers: blocks that are read from one servo must differ in
        size, or a late one is taken for another.

        Raises:
            NoReplyError: The servo does not answer.
            BusError: The port failed.
        """
        return self._persist(servo, lambda port: self._sdk.readTx(port, servo, address, size),
                             size, attempts)

    def write(self, servo: int, register: Register, value: int) -> None:
        """Write a register and wait for the servo's confirmation; raises as `read_block` does."""
        data = register.encode(value)
        self._persist(servo, lambda port: self._sdk.writeTxOnly(
            port, servo, register.address, register.size, data), 0, ATTEMPTS)

    def sync_read(self, register: Register, servos: Iterable[int], attempts: int = 2
                  ) -> dict[int, tuple[int, int]]:
        """One register of many servos.

        Args:
            register: What to read.
            servos: Ids.
            attempts: How often to ask those that do not answer.

        Returns:
            Id -> value and error byte, of those that answered.

        Raises:
            BusError: The port failed.
        """
        found: dict[int, tuple[int, int]] = {}
        missing = list(servos)
        for attempt in range(attempts):
            self.counters.retried += attempt > 0
            replies = self._ask(partial(self._send_sync_read, register, missing), register.size,
                                missing)
            found |= {servo: (register.decode(data), bits)
                      for servo, (data, bits) in replies.items()}
            missing = [servo for servo in missing if servo not in found]
            if not missing:
                break
        return found

    def sync_write(self, register: Register, values: Mapping[int, int]) -> None:
        """Write one register of many servos at once; nobody confirms it.

        Raises:
            BusError: The port failed.
        """
        params = [byte for servo, value in values.items()
                  for byte in (servo, *register.encode(value))]
        self._transact(lambda port: self._sdk.syncWriteTxOnly(
            port, register.address, register.size, params, len(params)))

    def _send_sync_read(self, register: Register, servos: list[int], port: Port) -> None:
        self._sdk.syncReadTx(port, register.address, register.size, servos, len(servos))

    def _persist(self, servo: int, send: Callable[[Port], object], size: int, attempts: int
                 ) -> list[int]:
        """Ask one servo until it answers; return the bytes of its reply."""
        for attempt in range(attempts):
            self.counters.retried += attempt > 0
            replies = self._ask(send, size, [servo])
            if servo in replies:
                return replies[servo][0]
        raise NoReplyError(f'servo {servo} on {self.port} does not answer')

    def _ask(self, send: Callable[[Port], object], size: int, servos: list[int] | None) -> Replies:
        """Send an instruction and collect the replies to it.

        Args:
            send: Sends it.
            size: Bytes that each reply holds.
            servos: Who will answer; None for whoever does.
        """
        replies = self._transact(partial(self._exchange, send, size, servos))
        if servos is not None:
            self.counters.lost += len(servos) - len(replies)
        return replies

    def _exchange(self, send: Callable[[Port], object], size: int, servos: list[int] | None,
                  port: Port) -> Replies:
        """The SDK's own calls drop all replies after a missing one and do not look at lengths."""
        found: Replies = {}
        send(port)
        port.setPacketTimeout(size)
        while servos is None or len(found) < len(servos):
            reply, result = self._sdk.rxPacket(port)
            if result == scs.COMM_SUCCESS and reply[scs.PKT_LENGTH] == size + 2 and (
                    servos is None or reply[scs.PKT_ID] in servos):
                data = reply[scs.PKT_PARAMETER0:scs.PKT_PARAMETER0 + size]
                found[reply[scs.PKT_ID]] = data, reply[scs.PKT_ERROR]
            elif port.waited_enough:
                break
        return found

    def _transact(self, ask: Callable[[Port], T]) -> T:
        """Use the port; whatever it raises means that it is gone."""
        if self._handler is None:
            raise BusError(f'{self.port} is not open')
        try:
            return ask(self._handler)
        except (OSError, TypeError, termios.error) as error:   # TypeError: no descriptor
            self.close()
            raise BusError(f'{self.port} is gone ({error}): is the USB cable plugged in? The '
                           'servos keep their last goal as long as they have power') from error
        finally:
            if self._handler:
                self._handler.is_using = False


def _why_not_open(port: str, error: Any) -> str:
    number = getattr(error, 'errno', None)
    if number in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EBUSY) or 'exclusively lock' in str(error):
        return f'{port} is used by another program: end it (another bridge, a serial monitor)'
    if number == errno.EACCES:
        return (f'{port} may not be opened: add yourself to its group, `sudo usermod -aG dialout '
                '$USER`, and log in again')
    return f'{port} cannot be opened ({error}): set so101.port; {describe_ports()}'
