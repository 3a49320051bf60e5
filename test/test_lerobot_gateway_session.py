"""Which observations are worth an answer, and whose a robot is: pure, with a clock of the test."""

from concurrent.futures import CancelledError, Future, ThreadPoolExecutor

import numpy as np
import pytest

from policy_node.lerobot_gateway.fitting import Sample
from policy_node.lerobot_gateway.seat import LEASE, Seat
from policy_node.lerobot_gateway.session import Asked, Refused, Session


def asked(timestep=0, state=0.0, must_go=False):
    return Asked(100.0, timestep, must_go, Sample({}, {}, np.array([state, 0.0]), ''))


def session(atol=1.0):
    return Session('s', 0, atol)


def take(made):
    with made.newest(0.0) as newest:
        return newest


# ---- observations ----
def test_newest_observation_takes_the_place_of_the_last():
    made = session()
    assert made.see(asked(0)) and made.see(asked(1, state=5.0))
    assert take(made).timestep == 1
    assert take(made) is None


def test_newer_one_must_go_as_the_one_it_replaced():
    made = session()
    made.see(asked(0, must_go=True))
    made.see(asked(1, state=5.0))
    assert take(made).must_go


@pytest.mark.parametrize(('timestep', 'state', 'must_go', 'kept'), [
    (5, 9.0, False, False),         # this timestep was answered
    (6, 0.5, False, False),         # the robot hardly moved
    (6, 1.0, False, True), (5, 0.0, True, True), (6, 0.5, True, True)])
def test_what_lerobots_server_skips_is_skipped(timestep, state, must_go, kept):
    made = session(atol=1.0)
    made.see(asked(5))
    take(made)
    assert made.see(asked(timestep, state, must_go)) == kept


def test_robot_that_stands_still_is_served_without_a_tolerance():
    made = session(atol=0.0)
    made.see(asked(5))
    take(made)
    assert made.see(asked(6))


def test_after_a_failure_the_next_observation_is_served_whatever_it_is():
    made = session()
    made.see(asked(5, must_go=True))
    with pytest.raises(RuntimeError), made.newest(0.0):
        raise RuntimeError('the policy failed')
    assert made.see(asked(5))


def test_interrupt_ends_the_wait_for_an_observation():
    made = session()

    def wait():
        with made.newest(60.0) as newest:
            return newest

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        while not waiting.done():
            made.interrupt()
        assert waiting.result() is None


def test_interrupt_cancels_the_wait_for_an_answer_and_forgets_it():
    made, answer = session(), Future()
    made.see(asked(5))
    with pytest.raises(CancelledError), made.newest(0.0):
        made.expect(answer)
        made.interrupt()
        answer.result()
    assert made.see(asked(5))


# ---- whose a robot is ----
class Hall:
    """A seat with a clock of the test."""

    def __init__(self):
        self.now, self.begun = 0.0, 0
        self.seat = Seat(self.begin, lambda: self.now)

    def begin(self):
        self.begun += 1
        return session()


def test_second_client_is_refused_while_the_first_is_there():
    hall = Hall()
    hall.seat.take('a')
    hall.now = 0.9 * LEASE
    with pytest.raises(Refused, match='has a client, a: .*another robot') as refused:
        hall.seat.take('b')
    assert refused.value.code == 'RESOURCE_EXHAUSTED'
    with hall.seat.call('a'):
        pass
    assert hall.begun == 1


def test_client_that_left_makes_room_at_once():
    hall = Hall()
    hall.seat.take('a')
    hall.seat.left('a')
    hall.seat.take('b')
    hall.seat.left('a')     # told late
    with pytest.raises(Refused), hall.seat.call('a'):
        pass


def test_client_that_went_silent_makes_room_after_the_lease():
    hall = Hall()
    hall.seat.take('a')
    hall.now = 1.1 * LEASE
    hall.seat.take('b')


def test_client_in_a_long_call_keeps_its_robot():
    hall = Hall()
    hall.seat.take('a')
    with hall.seat.call('a'):
        hall.now = 10 * LEASE
        with pytest.raises(Refused):
            hall.seat.take('b')


def test_client_whose_connection_broke_goes_on_with_its_session():
    hall = Hall()
    hall.seat.take('a')
    with hall.seat.call('a') as before:
        before.see(asked(5))
        take(before)
    hall.seat.left('a')
    with hall.seat.call('a over another connection') as after:
        assert after is before
        assert after.see(asked(5))      # the answer may have been lost


def test_client_that_never_began_is_told_to():
    with pytest.raises(Refused, match='start robot_client again'), Hall().seat.call('a'):
        pass
