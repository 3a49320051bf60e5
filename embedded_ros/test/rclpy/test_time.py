import math

import pytest

from rclpy.clock import ClockType
from rclpy.duration import Duration, Infinite
from rclpy.time import Time

STEADY = ClockType.STEADY_TIME


@pytest.mark.parametrize('arguments', [{'seconds': -1}, {'nanoseconds': -1}])
def test_a_negative_time_is_refused(arguments):
    with pytest.raises(ValueError):
        Time(**arguments)


def test_what_does_not_fit_into_64_bits_is_refused():
    with pytest.raises(OverflowError):
        Time(nanoseconds=2**63)
    with pytest.raises(OverflowError):
        Duration(nanoseconds=2**63)
    with pytest.raises(OverflowError):
        Time(nanoseconds=2**63 - 1) + Duration(nanoseconds=1)
    assert Duration(nanoseconds=2**63 - 1) == Infinite


def test_times_and_durations_add_and_subtract():
    time = Time(nanoseconds=10, clock_type=STEADY)
    assert time + Duration(nanoseconds=5) == Time(nanoseconds=15, clock_type=STEADY)
    assert Duration(nanoseconds=5) + time == Time(nanoseconds=15, clock_type=STEADY)
    assert time - Duration(nanoseconds=3) == Time(nanoseconds=7, clock_type=STEADY)
    assert time - Time(nanoseconds=14, clock_type=STEADY) == Duration(nanoseconds=-4)
    with pytest.raises(ValueError, match='negative time'):
        time - Duration(nanoseconds=11)
    with pytest.raises(TypeError):
        time + 1


def test_times_of_one_clock_type_compare():
    one, two = Time(nanoseconds=1), Time(nanoseconds=2)
    assert one < two and one <= two and two > one and two >= one and one != two
    assert one == Time(nanoseconds=1)
    assert (one == 1) is False


@pytest.mark.parametrize(
    'operation',
    [
        lambda a, b: a == b,
        lambda a, b: a < b,
        lambda a, b: a >= b,
        lambda a, b: a - b,
    ],
)
def test_times_of_two_clock_types_do_not_mix(operation):
    with pytest.raises(TypeError, match='different clock types'):
        operation(Time(nanoseconds=1), Time(nanoseconds=1, clock_type=STEADY))


def test_durations_compare_and_scale():
    assert Duration(seconds=1) == Duration(nanoseconds=10**9)
    assert Duration(nanoseconds=-1) < Duration() <= Duration()
    assert Duration(seconds=1) != 1
    assert Duration(seconds=1) * 0.5 == Duration(nanoseconds=5 * 10**8)
    assert Duration(seconds=1) * math.inf == Infinite
    with pytest.raises(ValueError, match='nan'):
        Duration(seconds=1) * math.nan


def test_the_clock_type_of_a_message_can_be_told():
    message = Time(seconds=3, nanoseconds=4).to_msg()
    assert Time.from_msg(message, clock_type=STEADY) == Time(
        seconds=3, nanoseconds=4, clock_type=STEADY
    )
