"""How the servos are: alarms with every reply, the rest read from one servo at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from robot_bridge.driver import DeviceHealth, Level
from robot_bridge.drivers.so101 import registers as r
from robot_bridge.drivers.so101.bus import NoReplyError, ServoBus

FIRST = r.PRESENT_LOAD.address
SIZE = r.PRESENT_CURRENT.address + r.PRESENT_CURRENT.size - FIRST
WARM = 60
"""From here on a servo is said to be warm; at 70 it switches itself off [degrees C]."""
AMPERE = 0.0065
"""One unit of Present_Current [A]."""


class HealthMonitor:
    """Reads one servo now and then, so that a control tick never waits for more than that.

    Args:
        bus: Where the servos are.
        rate: Ticks per second [Hz].
        period: How often each servo is read [s]; 0 for never.

    Attributes:
        skipped: Positions that were not known in their tick.
    """

    def __init__(self, bus: ServoBus, rate: float, period: float) -> None:
        self.skipped = 0
        self._bus = bus
        self._joints = list(r.JOINTS.items())
        self._every = max(1, round(period * rate / len(self._joints))) if period else 0
        self._ticks = 0
        self._alarms: dict[int, int] = {}
        self._blocks: dict[int, list[int]] = {}

    def saw(self, bits: Mapping[int, int]) -> None:
        """Error bytes of replies: servo -> bits."""
        self._alarms |= bits

    def tick(self) -> None:
        """One control tick: read a servo if it is its turn; one that is silent has missed it."""
        self._ticks += 1
        if not self._every or self._ticks % self._every:
            return
        _, servo = self._joints[self._ticks // self._every % len(self._joints)]
        try:
            self._blocks[servo] = self._bus.read_block(servo, FIRST, SIZE, attempts=1)
        except NoReplyError:
            self._blocks.pop(servo, None)

    def report(self) -> Sequence[DeviceHealth]:
        """What is known."""
        counters = self._bus.counters
        bus = DeviceHealth('bus', Level.OK, 'open' if self._bus.is_open else 'closed', {
            'lost_replies': str(counters.lost), 'retries': str(counters.retried),
            'skipped_positions': str(self.skipped)})
        return [bus, *(self._servo(joint, servo) for joint, servo in self._joints)]

    def _servo(self, joint: str, servo: int) -> DeviceHealth:
        alarms = r.alarms(self._alarms.get(servo, 0))
        block = self._blocks.get(servo)
        values = {'id': str(servo)}
        warm = False
        if block is not None:
            temperature = r.PRESENT_TEMPERATURE.of(block, FIRST)
            warm = temperature >= WARM
            values |= {'temperature': f'{temperature} C',
                       'voltage': f'{r.PRESENT_VOLTAGE.of(block, FIRST) / 10:.1f} V',
                       'load': f'{r.PRESENT_LOAD.of(block, FIRST) / 10:.1f} %',
                       'current': f'{r.PRESENT_CURRENT.of(block, FIRST) * AMPERE:.2f} A'}
        level = Level.ERROR if alarms else Level.WARN if warm else Level.OK
        return DeviceHealth(joint, level, ', '.join(alarms) or ('warm' if warm else 'ok'), values)
