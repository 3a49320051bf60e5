"""Parameters of the emulated arm, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from robot_bridge.drivers.so101 import registers as r
from segue_core.parameters import ParameterError, param


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatorParams:
    """Parameters of so101_emulator."""

    link: str = param('/tmp/so101', 'Symbolic link to the port.')
    ids: tuple[int, ...] = param(tuple(r.JOINTS.values()), 'Ids of the servos on the bus.')
    calibration: str = param('', "LeRobot's calibration file that the servos hold; empty for "
                             'servos as from the factory.')
    baud: int = param(r.BAUD, 'Baud rate that the servos are set to.', unit='bit/s', low=1,
                      high=10_000_000)
    seed: int = param(0, 'Of everything random.', low=0, high=2 ** 31 - 1)
    wire_timing: bool = param(True, 'Answers take the time that they would take on the wire.')
    usb_latency: float = param(0.0, 'Time that the USB adapter adds to an answer.', unit='s',
                               low=0.0, high=1.0, dynamic=True)
    packet_loss: float = param(0.0, 'Share of packets that are lost, either way.', low=0.0,
                               high=1.0, dynamic=True)
    corruption: float = param(0.0, 'Share of replies with a wrong bit.', low=0.0, high=1.0,
                              dynamic=True)
    noise: float = param(0.0, 'Standard deviation of measured positions.', unit='steps', low=0.0,
                         high=100.0, dynamic=True)
    voltage: float = param(7.4, 'Supply voltage.', unit='V', low=0.0, high=24.0, dynamic=True)
    plugged: bool = param(True, 'Whether the USB cable is plugged in.', dynamic=True)
    powered: bool = param(True, 'Whether the servos have power.', dynamic=True)
    dead_servos: tuple[int, ...] = param((), 'Ids of servos that do not answer or move.',
                                         dynamic=True)
    jammed_servos: tuple[int, ...] = param((), 'Ids of servos whose joint is blocked.',
                                           dynamic=True)
    hot_servos: tuple[int, ...] = param((), 'Ids of servos that are too hot.', dynamic=True)
    hand: tuple[float, ...] = param(
        (), 'Where a hand moves the joints whose torque is off: one encoder position for each of '
        'ids, empty for nowhere.', unit='steps', dynamic=True)
    goal_step_limit: int = param(0, 'A goal that changes by more than this at once is counted as '
                                 'a violation; 0 for any change.', unit='steps', low=0, high=4095,
                                 dynamic=True)

    def __post_init__(self) -> None:
        for name in ('ids', 'dead_servos', 'jammed_servos', 'hot_servos'):
            ids = getattr(self, name)
            if any(type(i) is not int or not 0 <= i < 254 for i in ids):
                raise ParameterError(f'parameter {name} must be ids within 0..253, got {list(ids)}')
        if len(self.hand) not in (0, len(self.ids)):
            raise ParameterError(f'parameter hand must have one position for each of '
                                 f'{len(self.ids)} ids, got {list(self.hand)}')
        if self.baud not in r.BAUD_CODES:
            raise ParameterError(f'parameter baud must be one of {list(r.BAUD_CODES)}, '
                                 f'got {self.baud}')
