"""What users of other asynchronous stacks complain about must not happen here.

| complaint | test |
|---|---|
| a lost must-go request stalls the robot for ever | test_lost_must_go_request_is_asked_again |
| so does a failed inference | test_failed_must_go_inference_is_asked_again |
| row 0 of every chunk after the first is dropped | test_row_zero_of_no_chunk_is_dropped |
| swapping the queue races with taking from it | test_queue_is_swapped_whole_... |
| a second client wipes the first one's session | test_second_robot_does_not_wipe_the_first |
| clock skew | test_clock_of_the_policys_machine_does_not_matter |
| a slow first inference skips rows of later chunks | test_cold_start_skips_nothing |
| a similarity gate ends asynchrony | test_robot_that_stands_still_..., test_similarity.py |
| one chunk, then silence | test_every_chunk_is_followed_by_a_request |

More of the same kind is in the tests of each module, and in test_full_loop.py whatever happens.
"""

from itertools import repeat

import numpy as np
import pytest
from full_loop import DEADLINE, STEP_NS, World

from helpers import SECOND, buffer, chunk, rows, stream
from policy_node.policy import PolicyConfig, PolicyMetadata, Prediction
from policy_node.server import PolicyServer
from robot_bridge.chunk_buffer import ChunkBuffer
from robot_bridge.lockstep import Lockstep


def value(timestep, request):
    return np.full(3, 0.01 * timestep)


def test_robot_that_stands_still_is_served_like_one_that_moves():
    """A filter on similar observations must not starve the robot: requests do not look at it."""
    s = stream(threshold=0.5)
    asked = 0
    for now in range(100):
        request = s.request_due(now, stamp_ns=0)
        if request:
            asked += 1
            s.accept(chunk(rows(*[1.0] * 10), first=request.timestep,
                           request=request.request_id), now)
        s.buffer.pop()
    assert (asked, s.counters.refused_chunks) == (20, 0)


def test_lost_must_go_request_is_asked_again():
    world = World(value)
    lost = world.tick().request
    while not (again := world.tick().request):
        assert world.now < lost.stamp_ns + 2 * DEADLINE
    assert (lost.must_go, again.must_go) == (True, True)
    world.answer(0, 10)
    assert world.tick().action is not None


def test_failed_must_go_inference_is_asked_again():
    world = World(value)
    for _ in range(3):
        while not world.tick().request:
            assert world.now < 100 * DEADLINE
        world.fail(0)
    world.answer(0, 10)     # the request failed: this is no answer to it any more
    assert world.tick().action is None
    while not world.tick().request:
        assert world.now < 100 * DEADLINE
    world.answer(0, 10)
    assert world.tick().action is not None


@pytest.mark.parametrize('threshold', [0.0, 0.5, 1.0])
def test_row_zero_of_no_chunk_is_dropped(threshold):
    """A chunk that comes within its control step is in time from its first row on."""
    world = World(value, threshold, 'latest_only', lockstep=Lockstep(lambda seed: repeat(0)))
    actions = []
    while len(actions) < 40:
        tick = world.tick()
        if tick.request:
            world.answer(0, 10)
        if tick.advanced:
            actions.append(tick.action[0])
    assert world.stream.counters.late_rows == 0
    assert actions == pytest.approx([value(t, 0)[0] for t in range(40)])


def test_second_robot_does_not_wipe_the_first():
    class Counting:
        metadata = PolicyMetadata('counting', ('a', 'b'), ('rad', 'rad'), 5, ())
        resets = []

        def infer(self, observation, prefix, delay):
            return Prediction(np.zeros((5, 2)))

        def reset(self, session_id):
            self.resets.append(session_id)

    first, second = stream(threshold=1.0), stream(threshold=1.0)
    second.start('another', 0, '')
    server = PolicyServer(PolicyConfig('', actions_per_chunk=5, step_ns=first.step_ns,
                                       action_names=('a', 'b'), action_units=('rad', 'rad')))
    server.policy = Counting()
    for _ in range(3):
        for robot in (first, second):
            request = robot.request_due(0, 0)
            assert robot.accept(server.infer(request, {}, ''), 0) is not None
            robot.buffer.pop()
    assert Counting.resets == ['s', 'another']
    assert (len(first.buffer), len(second.buffer)) == (4, 4)


def test_cold_start_skips_nothing():
    """A first inference of a minute neither makes rows late nor later delays look long."""
    world = World(value, 0.5)
    world.stream.deadline_ns = 3000 * STEP_NS
    world.tick()
    for _ in range(1500):
        world.tick()
    world.answer(0, 10)
    assert world.stream.counters.late_rows == 0
    assert world.tick().action[0] == value(0, 0)[0]
    for _ in range(20):
        if world.tick().request:
            world.answer(0, 10)
    assert world.stream.counters.late_rows <= world.stream.counters.chunks - 1
    assert world.stream.delay_steps.estimate <= 1.0


def test_every_chunk_is_followed_by_a_request():
    world = World(lambda timestep, request: np.zeros(3))     # it looks the same for ever
    for _ in range(1000):
        if world.tick().request:
            world.answer(0, 10)
    assert world.stream.counters.requests >= 100


@pytest.mark.parametrize('skew_ns', [-3600 * SECOND, 0, 3600 * SECOND])
def test_clock_of_the_policys_machine_does_not_matter(skew_ns):
    """Stamps are echoed, never compared with this machine's clock."""
    s = stream()
    request = s.request_due(0, stamp_ns=skew_ns)
    assert request.stamp_ns == skew_ns
    assert s.accept(chunk(rows(1, 2)), 5) is not None
    assert s.buffer.pop()[0] == 1


def test_late_reply_is_never_taken_for_the_next_answer():
    s = stream(threshold=1.0, deadline_ns=10)
    s.request_due(0, 0)
    s.request_due(10, 0)
    s.accept(chunk(rows(7, 7, 7), request=1), 11)
    third = s.request_due(12, 0)
    assert s.accept(chunk(rows(0, 0, 0), request=0), 13) is None
    assert s.in_flight
    assert s.accept(chunk(rows(8, 8, 8), request=third.request_id), 14) is not None


def test_queue_is_swapped_whole_so_a_popped_row_stays_what_it_was():
    b = buffer('average')
    b.merge(chunk(rows(1, 2, 3)))
    popped, queued = b.pop(), b.queued()
    b.merge(chunk(rows(9, 9), first=1))
    assert (popped[0], queued[:, 0].tolist()) == (1.0, [2.0, 3.0])


def test_refused_chunk_leaves_the_queue_as_it_was():
    b = buffer()
    b.merge(chunk(rows(1, 2, 3)))
    for bad in (chunk(rows(1000)), chunk(rows(1), names=('a', 'z')), chunk(rows(1), first=9)):
        with pytest.raises(ValueError, match='must be|leaves a gap'):
            b.merge(bad)
    assert b.queued()[:, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize('made', [np.full((3, 2), np.nan), np.zeros((2, 2)), np.zeros(3)])
def test_own_aggregation_that_makes_nonsense_is_refused_and_the_queue_stays(made):
    b = ChunkBuffer(('a', 'b'), np.full(2, -9.0), np.full(2, 9.0), lambda old, new, counts: made)
    b.merge(chunk(rows(1, 2, 3)))
    with pytest.raises(ValueError, match='aggregation .* must return finite rows of shape'):
        b.merge(chunk(rows(4, 4, 4)))
    assert b.queued()[:, 0].tolist() == [1, 2, 3]


def test_own_aggregation_is_only_a_function():
    def newest_wins_slowly(old, new, counts):
        return old + (new - old) * np.linspace(0, 1, len(old))[:, np.newaxis]

    b = ChunkBuffer(('a', 'b'), np.full(2, -9.0), np.full(2, 9.0), newest_wins_slowly)
    b.merge(chunk(rows(0, 0, 0)))
    b.merge(chunk(rows(4, 4, 4)))
    assert b.queued()[:, 0].tolist() == [0, 2, 4]
