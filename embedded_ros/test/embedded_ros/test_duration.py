import math

import pytest
from builtin_interfaces.msg import Duration as DurationMessage
from builtin_interfaces.msg import Time

from embedded_ros.duration import Duration, Infinite


def test_seconds_and_nanoseconds_add_up():
    assert Duration(seconds=1.5, nanoseconds=3).nanoseconds == 1_500_000_003
    assert Duration(seconds=-1).nanoseconds == -1_000_000_000


def test_arithmetic_and_order():
    second, minute = Duration(seconds=1), Duration(seconds=60)
    assert minute - second + second == minute
    assert second * 60 == minute == second * 60.0
    assert second < minute and minute >= second and second != minute
    assert second != 1_000_000_000
    assert second * math.inf == Infinite


@pytest.mark.parametrize('call', [lambda d: d + 1, lambda d: d < 1, lambda d: d * 'a'])
def test_numbers_are_no_durations(call):
    with pytest.raises(TypeError):
        call(Duration(seconds=1))


def test_a_product_with_nan_is_refused():
    with pytest.raises(ValueError, match='nan'):
        Duration(seconds=1) * math.nan


def test_more_than_64_bits_overflow():
    with pytest.raises(OverflowError):
        Duration(nanoseconds=2**63)


def test_messages_are_read_and_written():
    message = Duration(seconds=-0.5).to_msg()
    assert message == DurationMessage(sec=-1, nanosec=500_000_000)
    assert Duration.from_msg(message) == Duration(seconds=-0.5)
    with pytest.raises(TypeError):
        Duration.from_msg(Time())


def test_texts():
    assert repr(Duration(nanoseconds=5)) == 'Duration(nanoseconds=5)'
    assert str(Duration(nanoseconds=5)) == '5 nanoseconds'
    assert str(Infinite) == 'Infinite'
