"""Similarity filter: fewer requests from a robot that stands still, and never a stall."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import SECOND, chunk, rows, stream
from robot_bridge.similarity import SimilarityFilter

HOME = np.zeros(2)


def asked(made, *poses):
    """A filter that asked at the first pose, was answered, and saw the others."""
    made.see(poses[0])
    made.asked()
    made.answered()
    for pose in poses[1:]:
        made.see(pose)
    return made


def watching(threshold):
    return SimilarityFilter(np.array([-1.0, -100.0]), np.array([1.0, 100.0]), threshold)


@pytest.mark.parametrize(('pose', 'similar'), [
    ([0.19, 19.9], True), ([0.21, 0.0], False), ([0.0, -21.0], False), ([0.0, np.nan], False)])
def test_distance_is_a_share_of_each_columns_range_whatever_its_unit(pose, similar):
    assert asked(watching(0.1), HOME, np.array(pose)).similar == similar


def test_filter_is_off_by_default_even_for_a_robot_that_stands_still():
    assert not asked(watching(0.0), HOME, HOME).similar
    assert not stream().similarity.threshold


def test_slow_motion_adds_up_until_the_next_request():
    made = asked(watching(0.1), HOME)
    similar = []
    for k in range(25):
        made.see(np.array([0.01 * k, 0.0]))
        similar.append(made.similar)
    assert similar == [True] * 20 + [False] * 5


@pytest.mark.parametrize('column', [np.array([np.inf]), np.array([np.nan])])
def test_column_without_a_known_range_or_pose_is_never_similar(column):
    endless = SimilarityFilter(-column, column, 0.5)
    assert not asked(endless, np.zeros(1), np.zeros(1)).similar
    assert not asked(watching(0.5), None, None).similar


def standing(threshold=0.5):
    s = stream(threshold=threshold)
    s.similarity.threshold = 0.1
    s.similarity.see(HOME)
    return s


def test_robot_that_stands_still_is_asked_for_only_when_nothing_is_queued():
    s = standing(threshold=1.0)
    s.request_due(0, 0)
    s.accept(chunk(rows(1, 2, 3)), 0)
    for _ in range(3):
        assert s.request_due(0, 0) is None
        assert not s.asking
        s.buffer.pop()
    assert s.request_due(0, 0).must_go


def test_robot_that_moves_is_asked_for_at_the_threshold():
    s = standing(threshold=1.0)
    s.request_due(0, 0)
    s.accept(chunk(rows(1, 2, 3)), 0)
    s.similarity.see(np.array([100.0, 0.0]))
    assert not s.request_due(0, 0).must_go


@pytest.mark.parametrize('lose', [
    lambda s: s.fail('s', 1, 'no', 0),
    lambda s: None,
    lambda s: s.accept(chunk(rows(500), request=1), 0)], ids=['failed', 'lost', 'refused'])
def test_request_that_brought_no_rows_is_asked_again_though_the_robot_stands_still(lose):
    s = standing(threshold=1.0)
    s.request_due(0, 0)
    s.accept(chunk(rows(1, 2, 3)), 0)
    s.similarity.see(np.array([100.0, 0.0]))
    s.request_due(0, 0)
    lose(s)
    assert s.request_due(SECOND, 0) is not None


@given(st.floats(0, 1), st.floats(0.001, 1), st.lists(
    st.sampled_from([0.0, 0.05, 5.0]), min_size=60, max_size=60))
def test_whatever_the_filter_the_queue_never_stays_empty_without_a_request(
        threshold, share, positions):
    s = stream(threshold=threshold)
    s.similarity.threshold = share
    for now, position in enumerate(positions):
        s.similarity.see(np.full(2, position))
        request = s.request_due(now, 0)
        assert request or len(s.buffer)
        if request:
            s.accept(chunk(rows(*[1] * 10), first=request.timestep,
                           request=request.request_id), now)
        s.buffer.pop()
