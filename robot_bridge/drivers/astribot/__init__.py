"""Astribot S1 through the calls of the vendor's SDK. Importing this package needs no SDK."""

from __future__ import annotations

from robot_bridge.driver import Driver
from robot_bridge.drivers.astribot.driver import AstribotDriver
from robot_bridge.drivers.astribot.parameters import Params

__all__ = ['AstribotDriver', 'Params', 'create']


def create(params: Params) -> Driver:
    """Make the driver.

    Raises:
        ParameterError: The parameters do not fit the robot.
    """
    return AstribotDriver(params)
