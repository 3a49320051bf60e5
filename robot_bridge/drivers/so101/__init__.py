"""The SO101 arm, through the servo vendor's SDK and with LeRobot's calibrations and units."""

from __future__ import annotations

from robot_bridge.driver import Driver, DriverError
from robot_bridge.drivers.so101.parameters import Params

__all__ = ['Params', 'create']


def create(params: Params) -> Driver:
    """Make the driver.

    Raises:
        DriverError: The vendor's SDK or the calibration is missing.
    """
    try:
        from robot_bridge.drivers.so101.driver import So101
    except ImportError as error:
        raise DriverError(f'driver so101 needs the SDK of its servos: {error}; install it into '
                          'this Python: pip install feetech-servo-sdk pyserial') from error
    return So101(params)
