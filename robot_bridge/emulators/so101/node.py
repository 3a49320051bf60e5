"""The emulated arm as a program: what goes wrong are parameters that may be set while it runs."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from random import Random

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.qos import QoSProfile

from robot_bridge.driver import DriverError
from robot_bridge.drivers.so101 import registers as r
from robot_bridge.drivers.so101.calibration import load
from robot_bridge.emulators.so101.bus import Answer, Bus, Trouble
from robot_bridge.emulators.so101.parameters import EmulatorParams
from robot_bridge.emulators.so101.port import EmulatedPort
from robot_bridge.emulators.so101.servo import Servo, Surroundings
from segue_core.parameters import ParameterError
from segue_core.paths import resolve
from segue_core.ros_node import run, steady_timer
from segue_core.ros_parameters import SHARED, ParameterTables

PERIOD = 0.2
"""How often the record is published [s]."""


def make_bus(params: EmulatorParams) -> Bus:
    """Servos as the parameters say, at rest in the middle of their range.

    Raises:
        DriverError: The calibration cannot be read.
    """
    random = Random(params.seed)
    calibration = load(resolve(params.calibration)) if params.calibration else {}
    held = {c.id: c for c in calibration.values()}
    servos = {}
    for servo_id in params.ids:
        c = held.get(servo_id)
        middle = (c.range_min + c.range_max) // 2 + c.homing_offset if c else r.RESOLUTION // 2
        servo = servos[servo_id] = Servo(servo_id, middle, random)
        servo.save(r.BAUD_RATE, r.BAUD_CODES[params.baud])
        if c:
            for register, value in ((r.HOMING_OFFSET, c.homing_offset),
                                    (r.MIN_POSITION, c.range_min), (r.MAX_POSITION, c.range_max)):
                servo.save(register, value)
        servo.power_on()
    return Bus(servos, random)


def set_conditions(bus: Bus, params: EmulatorParams) -> None:
    """Let happen to the bus and its servos what the parameters say."""
    bus.trouble = Trouble(loss=params.packet_loss, corruption=params.corruption,
                          dead=frozenset(params.dead_servos), powered=params.powered,
                          goal_step_limit=params.goal_step_limit)
    around = Surroundings(voltage=params.voltage, noise=params.noise)
    hands = dict(zip(params.ids, params.hand, strict=False))
    for i, servo in list(bus.servos.items()):
        servo.surroundings = replace(around, jammed=i in params.jammed_servos,
                                     hot=i in params.hot_servos, hand=hands.get(i))


class So101Emulator(Node):
    """Publishes what it saw on ``/diagnostics``; an error there means that a limit was broken."""

    def __init__(self) -> None:
        super().__init__('so101_emulator', automatically_declare_parameters_from_overrides=True)
        tables = ParameterTables(self)
        params = tables.declare(EmulatorParams, on_change=self._on_params)
        tables.refuse_unknown(SHARED)
        self._bus = make_bus(params)
        link = Path(params.link)
        if link.exists() and not link.is_symlink():
            raise ParameterError(f'parameter link {link} exists and is no symbolic link: choose '
                                 'another name')
        self._lock = threading.Lock()      # the port has its own thread
        self._port = EmulatedPort(link, self._feed)
        self._port.wire_timing = params.wire_timing
        self._on_params(params)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics',
                                                  QoSProfile(depth=10))
        self._told = 0
        try:
            self._port.start()
        except OSError as error:
            raise ParameterError(f'parameter link {link}: {error.strerror}') from error
        self.get_logger().info(f'servos {list(params.ids)} on {link}')
        steady_timer(self, PERIOD, self._publish)

    def close(self) -> None:
        """Take the port away and say what was seen."""
        self._port.close()
        record = self._bus.record
        violations = ', '.join(f'{n} {kind}' for kind, n in record.violations.items()) or 'none'
        print(f'so101_emulator: {record.goals} goals, violations: {violations}', flush=True)

    def _feed(self, data: bytes, now: float, baud: int) -> list[Answer]:
        with self._lock:
            return self._bus.feed(data, now, baud)

    def _on_params(self, params: EmulatorParams) -> None:
        with self._lock:
            set_conditions(self._bus, params)
        self._port.plugged, self._port.usb_latency = params.plugged, params.usb_latency

    def _publish(self) -> None:
        with self._lock:
            record = self._bus.record
            positions = [servo.position_at(time.monotonic())
                         for servo in self._bus.servos.values()]
        violations = sum(record.violations.values())
        if violations > self._told:
            self._told = violations
            self.get_logger().error(f'violation: {record.last_violation}')
        values = {'instructions': record.instructions, 'goals': record.goals,
                  'replies': record.replies, 'lost': record.lost,
                  'corrupted': record.corrupted, 'violations': violations,
                  'last_violation': record.last_violation,
                  'positions': ' '.join(f'{p:.0f}' for p in positions)}
        entry = DiagnosticStatus(
            level=DiagnosticStatus.ERROR if violations else DiagnosticStatus.OK,
            name='so101_emulator: bus', message=record.last_violation or 'no limit was broken',
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()])
        msg = DiagnosticArray(status=[entry])
        msg.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(msg)


def main(args: list[str] | None = None) -> int:
    """Run so101_emulator."""
    return run(So101Emulator, args, (ParameterError, DriverError))
