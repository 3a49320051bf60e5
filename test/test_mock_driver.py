"""Mock robot: it goes where it is told, at its speed, within its limits."""

import numpy as np
import pytest

from robot_bridge.driver import Driver, DriverError
from robot_bridge.drivers.mock import Params, create


@pytest.fixture
def mock():
    made = create(Params(joints=('a', 'b'), max_velocity=3.0, rate=30.0))
    made.connect()
    return made


def test_joint_reaches_its_target_at_limited_speed(mock):
    mock.write(np.array([0.25, 0.0]))
    assert mock.read(cameras=False).positions.tolist() == [0.1, 0.0]
    assert mock.read(cameras=False).velocities == pytest.approx([3.0, 0.0])
    for _ in range(2):
        mock.write(np.array([0.25, 0.0]))
    assert mock.read(cameras=False).positions == pytest.approx([0.25, 0.0])


def test_command_outside_the_limits_or_without_connection_is_an_error(mock):
    with pytest.raises(DriverError, match='outside the limits'):
        mock.write(np.array([4.0, 0.0]))
    mock.disconnect()
    with pytest.raises(DriverError, match='before connect'):
        mock.write(np.zeros(2))


def test_it_is_a_driver_with_a_spec_of_its_joints(mock: Driver):
    assert mock.spec.action_names == mock.read(cameras=False).joint_names == ('a', 'b')
