"""Robots that the node tests load as plug-ins."""

from pathlib import Path

from robot_bridge.driver import DriverError
from robot_bridge.drivers import mock

CUT = Path('cable_is_cut')
"""While this file is in the bridge's folder, nothing reaches the robot."""


class Cable(mock.Mock):
    def connect(self):
        self.look()
        super().connect()

    def write(self, action):
        self.look()
        super().write(action)

    def look(self):
        if CUT.exists():
            raise DriverError('cable cut')


class Unplugged(Cable):
    def look(self):
        if CUT.exists():
            raise OSError('USB device gone')


class UsbRobot:
    """Its SDK raises errors of its own."""

    Params = mock.Params
    create = Unplugged


class CabledRobot:
    """A driver module, as far as the bridge looks at it."""

    Params = mock.Params
    create = Cable
