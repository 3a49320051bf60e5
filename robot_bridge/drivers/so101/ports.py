"""Which serial port the arm is on."""

from __future__ import annotations

from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

BOARDS = {0x1A86: 'QinHeng, the chip of most servo boards', 0x0403: 'FTDI', 0x10C4: 'Silicon Labs'}
"""USB vendor ids of serial chips that servo boards have."""


def usb_ports() -> list[ListPortInfo]:
    """Serial ports on USB, likely servo boards first."""
    ports = [port for port in list_ports.comports() if port.vid is not None]
    return sorted(ports, key=lambda port: (port.vid not in BOARDS, port.device))


def describe(port: ListPortInfo) -> str:
    """One line on a port."""
    ids = f'{port.vid:04x}:{port.pid:04x}'
    serial = f', serial number {port.serial_number}' if port.serial_number else ''
    return f'{port.device}  {ids} {BOARDS.get(port.vid, port.description)}{serial}'


def describe_ports() -> str:
    """What there is, for an error message."""
    names = [port.device for port in usb_ports()]
    return f'serial ports on USB: {", ".join(names) or "none, is the cable plugged in?"}'
