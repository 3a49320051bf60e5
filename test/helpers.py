"""Chunks and requests as tests need them."""

import numpy as np

from robot_bridge.aggregation import AGGREGATES
from robot_bridge.chunk_buffer import ChunkBuffer
from robot_bridge.chunk_stream import ChunkStream
from segue_core.chunk import Chunk

NAMES = ('a', 'b')
UNITS = ('rad', 'rad')
STEP_NS = 50_000_000
SECOND = 1_000_000_000


def rows(*firsts):
    """Rows whose columns are (value, -value)."""
    return np.array([[v, -v] for v in firsts], dtype=float)


def chunk(actions, *, first=0, request=0, session='s', names=NAMES, step_ns=STEP_NS, frozen=0,
          units=None):
    return Chunk(session_id=session, request_id=request, stamp_ns=0, first_timestep=first,
                 step_ns=step_ns, names=names, units=units or ('rad',) * len(names),
                 actions=actions, frozen_rows=frozen)


def buffer(aggregate='latest_only', limit=100.0):
    return ChunkBuffer(NAMES, np.full(2, -limit), np.full(2, limit), AGGREGATES[aggregate])


def stream(aggregate='latest_only', threshold=0.5, deadline_ns=SECOND, backoff_ns=SECOND // 10,
           units=UNITS):
    made = ChunkStream(buffer(aggregate), threshold=threshold, deadline_ns=deadline_ns,
                       backoff_ns=backoff_ns, step_ns=STEP_NS, units=units)
    made.start('s', 0, '')
    return made
