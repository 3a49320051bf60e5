"""An emulated SO101 in its own process, whose troubles tests switch on and off."""

import time
from pathlib import Path

import serial
from diagnostic_msgs.msg import DiagnosticArray
from graph import ROOT, wait_for
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile

from robot_bridge.drivers.so101 import Params, create
from robot_bridge.drivers.so101.calibration import load

CALIBRATION = ROOT / 'config' / 'so101_emulated.json'
LOW = [c.homing_offset + c.range_min + 200 for c in load(CALIBRATION).values()]
"""A pose near the lower end of each range [steps of the encoders]."""
REPLY_TIMEOUT = 0.03
"""Longer than a real servo's: the emulator shares the machine with whatever else runs [s]."""


class EmulatedArm:
    """`so101_emulator` on a graph."""

    def __init__(self, graph, *, calibration=str(CALIBRATION), **parameters):
        self.graph = graph
        self.port = str(graph.folder / 'port')
        given = {'link': self.port, 'calibration': calibration, **parameters}
        self.process = graph.start('so101_emulator', '--ros-args', *(
            a for k, v in given.items() if v != '' for a in ('-p', f'{k}:={v}')))
        self._parts = {}
        graph.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics,
                                       QoSProfile(depth=100))
        self.process.says('servos [')

    def _on_diagnostics(self, msg):
        stamp = msg.header.stamp.sec * 10 ** 9 + msg.header.stamp.nanosec
        for part in msg.status:
            values = {pair.key: pair.value for pair in part.values}
            self._parts[part.name] = stamp, part.level, part.message, values

    def set(self, **parameters):
        """Change what goes wrong."""
        request = SetParameters.Request(parameters=[
            Parameter(name, value=value).to_parameter_msg() for name, value in parameters.items()])
        answer = self.graph.call(SetParameters, '/so101_emulator/set_parameters', request)
        assert all(result.successful for result in answer.results), answer
        port = Path(self.port)
        if 'plugged' in parameters:
            wait_for(lambda: port.is_symlink() == parameters['plugged'], 10, 'the port')

    def part(self, name, condition=lambda level, message, values: True):
        """Newest diagnostics of a part, from now on, for which a condition holds."""
        asked = time.time_ns()

        def look():
            self.graph.executor.spin_once(timeout_sec=0.05)
            stamp, *rest = self._parts.get(name, (0, None, '', {}))
            return rest if stamp > asked and condition(*rest) else None
        return wait_for(look, 30, f'diagnostics of {name}; newest {self._parts.get(name)}\n'
                        + '\n'.join(p.output[-1500:] for p in self.graph.processes))

    @property
    def record(self):
        """What the emulator has seen so far."""
        return self.part('so101_emulator: bus')[2]

    def move_by_hand(self, pose):
        """Move the arm, whose torque is off, to a pose [steps of the encoders]."""
        self.set(hand=[float(x) for x in pose])
        there = ' '.join(f'{x:.0f}' for x in pose)
        return self.part('so101_emulator: bus', lambda level, text, v: v['positions'] == there)[2]

    def driver(self, **params):
        """The driver for it, in this process; not connected."""
        return create(Params(**{
            'port': self.port, 'id': CALIBRATION.stem, 'calibration_dir': str(CALIBRATION.parent),
            'reply_timeout': REPLY_TIMEOUT, **params}))

    def other_program(self):
        """Somebody else who has opened the port for himself."""
        return serial.Serial(self.port, 1_000_000, exclusive=True)
