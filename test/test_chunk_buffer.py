"""Chunk buffer: rows are aligned by timestep, none is dropped without being counted."""

import numpy as np
import pytest

from helpers import NAMES, buffer, chunk, rows
from robot_bridge.chunk_buffer import ChunkBuffer
from segue_core.chunk import ChunkError


def popped(b):
    out = []
    while (row := b.pop()) is not None:
        out.append(row[0])
    return out


def test_rows_come_out_in_order_and_count_timesteps():
    b = buffer()
    b.merge(chunk(rows(1, 2, 3)))
    assert (popped(b), b.timestep, b.pop()) == ([1, 2, 3], 3, None)


def test_row_zero_of_a_later_chunk_is_executed_when_it_is_not_late():
    b = buffer()
    b.merge(chunk(rows(1, 2)))
    assert popped(b) == [1, 2]
    merge = b.merge(chunk(rows(3, 4), first=2))
    assert (merge.late_rows, popped(b)) == (0, [3, 4])


def test_late_rows_are_dropped_and_counted():
    b = buffer()
    b.merge(chunk(rows(1, 2, 3, 4)))
    b.pop(), b.pop()
    merge = b.merge(chunk(rows(10, 20, 30, 40, 50)))
    assert (merge.late_rows, merge.merged_rows, merge.new_rows) == (2, 2, 1)
    assert popped(b) == [30, 40, 50]


def test_wholly_late_chunk_changes_nothing_but_the_count():
    b = buffer()
    b.merge(chunk(rows(1, 2, 3)))
    b.pop(), b.pop()
    merge = b.merge(chunk(rows(7, 8)))
    assert (merge.late_rows, merge.merged_rows, merge.new_rows) == (2, 0, 0)
    assert popped(b) == [3]


def test_overlap_is_aggregated_and_the_longer_old_tail_is_kept():
    b = buffer('average')
    b.merge(chunk(rows(0, 0, 0, 8)))
    merge = b.merge(chunk(rows(4, 4), first=1))
    assert (merge.merged_rows, merge.seam_jump) == (2, 4.0)
    assert popped(b) == [0, 2, 2, 8]


def test_chunk_that_leaves_a_gap_is_refused_and_nothing_changes():
    b = buffer()
    b.merge(chunk(rows(1, 2)))
    with pytest.raises(ChunkError, match='first_timestep 3 leaves a gap'):
        b.merge(chunk(rows(9), first=3))
    assert popped(b) == [1, 2]


def test_columns_are_reordered_by_name_never_by_position():
    b = buffer()
    b.merge(chunk([[1.0, 2.0]], names=('b', 'a')))
    assert b.pop().tolist() == [2.0, 1.0]


@pytest.mark.parametrize(('bad', 'message'), [
    (chunk([[1.0, 2.0]], names=('a', 'c')), r"names must be \['a', 'b'\], got \['a', 'c'\]"),
    (chunk([[1.0]], names=('a',)), 'names must be'),
    (chunk(rows(1, 200)), r'a must be within -100..100, row 1 is 200'),
])
def test_foreign_columns_and_values_out_of_range_are_refused(bad, message):
    b = buffer()
    with pytest.raises(ChunkError, match=message):
        b.merge(bad)
    assert len(b) == 0


def test_rounding_to_float32_at_a_limit_is_no_violation():
    b = buffer(limit=3.14)
    b.merge(chunk(np.float32([[3.14, -3.14]])))
    assert b.pop().tolist() == [3.14, -3.14]


def test_level_is_relative_to_the_longest_chunk():
    b = buffer()
    assert b.level == 0.0
    b.merge(chunk(rows(*range(10))))
    for _ in range(5):
        b.pop()
    b.merge(chunk(rows(1, 2), first=5))
    assert b.level == 0.5


def test_rows_that_were_given_out_cannot_be_written():
    b = buffer('average')
    b.merge(chunk(rows(1, 2)))
    b.merge(chunk(rows(3, 4)))
    for given in (b.queued(), b.pop()):
        with pytest.raises(ValueError, match='read-only'):
            given[0] = 9


@pytest.mark.parametrize(('frozen', 'prefix', 'broken'), [
    ([1, 2, 9], [1, 2, 3], False), ([1.19, 2, 9], [1, 2, 3], False), ([1, 2.3, 9], [1, 2, 3], True),
    ([1, 2, 9], [1], True), ([1, 2, 9], [], True)])
def test_frozen_rows_must_be_those_that_were_queued_when_the_chunk_was_asked_for(
        frozen, prefix, broken):
    b = buffer('rtc')
    late = buffer('rtc')
    late.merge(chunk(rows(1, 2, 3)))
    late.pop(), late.pop()
    made = chunk(rows(*frozen), frozen=2)
    for merging in (b, late):
        assert merging.merge(made, rows(*prefix).reshape(-1, 2)).prefix_broken == broken
    assert b.queued()[:, 0].tolist() == frozen
    assert late.queued()[:, 0].tolist() == frozen[2:]


def test_chunk_without_frozen_rows_may_differ_from_the_prefix():
    assert not buffer().merge(chunk(rows(1, 2)), rows(8, 9)).prefix_broken


def own(made):
    """A buffer with an aggregation of the user's own, of which one chunk is queued."""
    def merge_my_way(old, new, counts):
        return made(old, new, counts)

    b = ChunkBuffer(NAMES, np.full(2, -9.0), np.full(2, 9.0), merge_my_way)
    b.merge(chunk(rows(1, 2, 3)))
    return b


def put_one(array):
    array += 1
    return array


@pytest.mark.parametrize(('made', 'reason'), [
    (lambda old, new, counts: {}['weights'], "failed: KeyError: 'weights'"),
    (lambda old, new, counts: [[1, 2], [3]], 'failed: ValueError'),
    (lambda old, new, counts: put_one(old), 'failed: ValueError: .*read-only'),
    (lambda old, new, counts: new * put_one(counts)[0], 'failed: ValueError: .*read-only'),
    (lambda old, new, counts: None, 'must return real numbers, got object'),
    (lambda old, new, counts: np.full(new.shape, '1'), 'must return real numbers, got <U1'),
    (lambda old, new, counts: new * 1j, 'must return real numbers, got complex'),
    (lambda old, new, counts: new > old, 'must return real numbers, got bool'),
    (lambda old, new, counts: new[:2], r'must return finite rows of shape \(3, 2\), got \(2, 2\)'),
    (lambda old, new, counts: new * np.inf, 'must return finite rows'),
    (lambda old, new, counts: new * 5, 'a must be within -9..9, row 0 is 20'),
])
def test_own_aggregation_that_fails_is_named_and_the_queue_stays(made, reason):
    b = own(made)
    with pytest.raises(ChunkError, match=f'aggregation .*merge_my_way.*{reason}'):
        b.merge(chunk(rows(4, 4, 4)))
    assert b.queued()[:, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize('made', [
    lambda old, new, counts: new.tolist(),
    lambda old, new, counts: np.asfortranarray(new),
    lambda old, new, counts: new.astype(np.float32),
    lambda old, new, counts: np.array(new[::-1])[::-1],
])
def test_own_aggregation_may_return_rows_in_any_layout(made):
    b = own(made)
    b.merge(chunk(rows(4, 5, 6)))
    assert b.queued()[:, 0].tolist() == [4, 5, 6]


def test_own_aggregation_cannot_change_rows_that_it_was_given_earlier():
    given = []

    def keep(old, new, counts):
        for array in given:
            array[:] = 8
        given.append(new)
        return old if given[1:] else new

    b = own(keep)
    b.merge(chunk(rows(4, 5, 6)))
    b.merge(chunk(rows(7, 7, 7)))
    assert b.queued()[:, 0].tolist() == [4, 5, 6]
