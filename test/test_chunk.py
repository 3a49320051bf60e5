"""Chunk and Request: broken promises are refused by name, values cannot be edited."""

import numpy as np
import pytest

from segue_core.chunk import Chunk, ChunkError, Request

CHUNK = {'session_id': 's', 'request_id': 0, 'stamp_ns': 0, 'first_timestep': 0, 'step_ns': 1,
         'names': ('a',), 'units': ('rad',), 'actions': [[0.0], [1.0]]}
REQUEST = {'session_id': 's', 'session_start_ns': 0, 'request_id': 0, 'stamp_ns': 0, 'timestep': 0,
           'task': '', 'must_go': True, 'queue_size': 0, 'estimated_delay': 0.0, 'deadline_ns': 1,
           'names': ('a',), 'prefix': np.empty((0, 1))}


@pytest.mark.parametrize(('change', 'message'), [
    ({'step_ns': 0}, 'step must be > 0 ns, got 0'),
    ({'actions': [0.0]}, r'actions must have shape \(rows, 1 names\), got \(1,\)'),
    ({'actions': [[0.0, 1.0]]}, r'actions must have shape \(rows, 1 names\), got \(1, 2\)'),
    ({'actions': np.empty((0, 1))}, 'at least one row'),
    ({'actions': [[0.0], [np.inf]]}, 'row 1 column 0 is inf'),
    ({'names': ('a', 'a'), 'units': ('', ''), 'actions': [[0, 0]]}, 'names must be unique'),
    ({'units': ()}, 'units must have one entry for each of the 1 names'),
    ({'frozen_rows': 3}, r'frozen_rows must be within 0..2, got 3'),
    ({'names': (), 'units': ()}, 'actions must have shape'),
])
def test_broken_chunk_is_refused_by_name(change, message):
    with pytest.raises(ChunkError, match=message):
        Chunk(**{**CHUNK, **change})


@pytest.mark.parametrize(('change', 'message'), [
    ({'deadline_ns': 0}, 'deadline must be > 0'),
    ({'estimated_delay': float('nan')}, 'estimated_delay'),
    ({'estimated_delay': -1.0}, 'estimated_delay'),
    ({'prefix': [[np.nan]]}, 'prefix must be finite'),
])
def test_broken_request_is_refused_by_name(change, message):
    with pytest.raises(ChunkError, match=message):
        Request(**{**REQUEST, **change})


def test_actions_are_a_copy_that_cannot_be_edited():
    given = np.zeros((2, 1))
    chunk = Chunk(**{**CHUNK, 'actions': given})
    given[0] = 9.0
    assert chunk.actions[0, 0] == 0.0
    with pytest.raises(ValueError, match='read-only'):
        chunk.actions[0] = 9.0
