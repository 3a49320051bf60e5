"""Packets of Feetech's protocol 0."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

HEADER = b'\xff\xff'
BROADCAST = 0xFE


class Instruction(IntEnum):
    """What a packet asks for."""

    PING = 1
    READ = 2
    WRITE = 3
    REG_WRITE = 4
    ACTION = 5
    SYNC_READ = 0x82
    SYNC_WRITE = 0x83


@dataclass(frozen=True, slots=True)
class Packet:
    """One instruction.

    Attributes:
        servo: Id, or `BROADCAST`.
        instruction: See `Instruction`.
        params: What belongs to it.
        size: Bytes on the wire.
    """

    servo: int
    instruction: int
    params: bytes
    size: int


def checksum(body: bytes) -> int:
    """Last byte of a packet, from everything behind the header."""
    return ~sum(body) & 0xFF


def reply(servo: int, alarms: int, params: bytes = b'') -> bytes:
    """A servo's answer."""
    body = bytes([servo, len(params) + 2, alarms]) + params
    return HEADER + body + bytes([checksum(body)])


class Parser:
    """Finds packets in a stream of bytes.

    Attributes:
        broken: Packets with a wrong checksum so far.
    """

    def __init__(self) -> None:
        self.broken = 0
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """Packets that are complete now."""
        self._buffer += data
        found = []
        while (packet := self._next()) is not None:
            found.append(packet)
        return found

    def _next(self) -> Packet | None:
        buffer = self._buffer
        while (start := buffer.find(HEADER)) >= 0:
            del buffer[:start]
            if len(buffer) < 4:
                return None
            servo, length = buffer[2], buffer[3]
            if servo == 0xFF or length < 2:
                del buffer[0]
                continue
            if len(buffer) < length + 4:
                return None
            whole = bytes(buffer[:length + 4])
            del buffer[:length + 4]
            if checksum(whole[2:-1]) == whole[-1]:
                return Packet(servo, whole[4], whole[5:-1], len(whole))
            self.broken += 1
        del buffer[:-1]
        return None
