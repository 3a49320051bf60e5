"""What users of other asynchronous stacks complain about must not happen here.

The test names say the complaint. More of the same kind is in the tests of each module: a lost
must-go request, a failed inference, row 0 of later chunks, a cold start in the delay estimate.
"""

import numpy as np
import pytest

from helpers import SECOND, buffer, chunk, rows, stream
from robot_bridge.chunk_buffer import ChunkBuffer


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
    with pytest.raises(ValueError, match='aggregation must return finite rows of shape'):
        b.merge(chunk(rows(4, 4, 4)))
    assert b.queued()[:, 0].tolist() == [1, 2, 3]


def test_own_aggregation_is_only_a_function():
    def newest_wins_slowly(old, new, counts):
        return old + (new - old) * np.linspace(0, 1, len(old))[:, np.newaxis]

    b = ChunkBuffer(('a', 'b'), np.full(2, -9.0), np.full(2, 9.0), newest_wins_slowly)
    b.merge(chunk(rows(0, 0, 0)))
    b.merge(chunk(rows(4, 4, 4)))
    assert b.queued()[:, 0].tolist() == [0, 2, 4]
