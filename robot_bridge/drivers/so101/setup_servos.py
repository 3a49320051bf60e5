"""``ros2 run segue so101_setup``: which port the arm is on, and the ids of new servos."""

from __future__ import annotations

from robot_bridge.driver import DriverError
from robot_bridge.drivers.so101 import console
from robot_bridge.drivers.so101 import registers as r
from robot_bridge.drivers.so101.arm import Arm
from robot_bridge.drivers.so101.bus import ServoBus
from robot_bridge.drivers.so101.ports import describe, usb_ports


def show_ports() -> None:
    """Say which serial ports there are."""
    ports = usb_ports()
    if not ports:
        raise DriverError('there is no serial port on USB: plug the arm in')
    for port in ports:
        console.say(describe(port))


def find_port() -> None:
    """Find the arm's port by unplugging it."""
    before = {port.device for port in usb_ports()}
    if not before:
        raise DriverError('there is no serial port on USB: plug the arm in')
    console.wait_for_enter('Unplug the USB cable of the arm')
    gone = sorted(before - {port.device for port in usb_ports()})
    if len(gone) != 1:
        raise DriverError(f'{len(gone)} ports went away ({", ".join(gone) or "none"}); it must be '
                          'one: start again')
    console.say(f'The arm is on {gone[0]}: plug it in again, and use --port {gone[0]}')


def assign_ids(bus: ServoBus, joints: list[str]) -> None:
    """Give servos their ids, one at a time, with a person who connects them."""
    for joint in joints:
        console.wait_for_enter(f'Connect the board to the servo of {joint} alone')
        baud, found = _find(bus)
        bus.open(baud)
        model = bus.ping(found)
        if model != r.MODEL:
            raise DriverError(f'the servo is of model {model}, an SO101 has STS3215 ({r.MODEL})')
        target = r.JOINTS[joint]
        bus.write(found, r.TORQUE_ENABLE, 0)
        bus.write(found, r.LOCK, 0)
        bus.write(found, r.ID, target)
        bus.write(target, r.BAUD_RATE, r.BAUD_CODES[r.BAUD])
        bus.open()
        bus.write(target, r.LOCK, 1)
        console.say(f'{joint} has id {target} now (it was {found}, at {baud} bit/s)')


def _find(bus: ServoBus) -> tuple[int, int]:
    """Baud rate and id of the one servo that is connected."""
    for baud in r.BAUD_CODES:
        bus.open(baud)
        found = bus.find_one()
        if found is not None:
            return baud, found
    raise DriverError(f'no servo on {bus.port} answers: check its cable and the power supply')


def main(args: list[str] | None = None) -> int:
    """Run so101_setup."""
    parser = console.parser('Set up the servos of a new SO101.')
    tools = parser.add_subparsers(dest='tool', required=True)
    tools.add_parser('ports', help='list serial ports on USB, servo boards first')
    tools.add_parser('find', help="find the arm's port by unplugging it")
    tools.add_parser('check', help='see whether all servos answer')
    ids = tools.add_parser('ids', help='give each servo its id, one at a time')
    ids.add_argument('--joint', choices=list(r.JOINTS), help='this one only, e.g. a new servo')
    for tool in ('check', 'ids'):
        console.add_port(tools.choices[tool])
    given = parser.parse_args(args)
    if given.tool in ('ports', 'find'):
        return console.run(show_ports if given.tool == 'ports' else find_port)
    bus = ServoBus(given.port, given.reply_timeout)

    def work() -> None:
        if given.tool == 'check':
            bus.open()
            Arm(bus).check_servos()
            console.say(f'all six servos answer on {given.port}')
        else:
            assign_ids(bus, [given.joint] if given.joint else list(reversed(r.JOINTS)))

    try:
        return console.run(work)
    finally:
        bus.close()
