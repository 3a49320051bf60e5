"""Chunks and requests to and from their ROS messages: the only place that knows both."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Duration, Time
from segue.msg import ActionChunk, ChunkRequest

from segue_core.chunk import Chunk, ChunkError, Request

NS = 1_000_000_000


def time_to_msg(stamp_ns: int) -> Time:
    """Instant [ns] as a ROS message."""
    return Time(sec=stamp_ns // NS, nanosec=stamp_ns % NS)


def duration_to_msg(length_ns: int) -> Duration:
    """Length [ns] as a ROS message."""
    return Duration(sec=length_ns // NS, nanosec=length_ns % NS)


def to_ns(msg: Time | Duration) -> int:
    """Instant or length of a ROS message [ns]."""
    return int(msg.sec) * NS + int(msg.nanosec)


def chunk_to_msg(chunk: Chunk) -> ActionChunk:
    """Write a chunk as its message."""
    msg = ActionChunk(
        session_id=chunk.session_id, request_id=chunk.request_id, chunk_number=chunk.chunk_number,
        first_timestep=chunk.first_timestep, step=duration_to_msg(chunk.step_ns),
        names=list(chunk.names), units=list(chunk.units),
        actions=chunk.actions.astype(np.float32).ravel().tolist(),
        frozen_rows=chunk.frozen_rows, inference_time=duration_to_msg(chunk.inference_ns),
        subtask=chunk.subtask)
    msg.header.stamp = time_to_msg(chunk.stamp_ns)
    return msg


def chunk_from_msg(msg: ActionChunk) -> Chunk:
    """Read a chunk from its message.

    Raises:
        ChunkError: The message has an error instead of rows, or its fields contradict each other.
    """
    if msg.error:
        raise ChunkError(msg.error)
    return Chunk(
        session_id=msg.session_id, request_id=msg.request_id, stamp_ns=to_ns(msg.header.stamp),
        first_timestep=msg.first_timestep, step_ns=to_ns(msg.step), names=tuple(msg.names),
        units=tuple(msg.units), actions=_matrix('actions', msg.actions, len(msg.names)),
        chunk_number=msg.chunk_number, frozen_rows=msg.frozen_rows,
        inference_ns=to_ns(msg.inference_time), subtask=msg.subtask)


def error_msg(request: ChunkRequest, error: str) -> ActionChunk:
    """Answer to a request that could not be served."""
    msg = ActionChunk(session_id=request.session_id, request_id=request.request_id,
                      first_timestep=request.timestep, error=error)
    msg.header.stamp = request.header.stamp
    return msg


def request_to_msg(request: Request) -> ChunkRequest:
    """Write a request as its message."""
    msg = ChunkRequest(
        session_id=request.session_id, session_start=time_to_msg(request.session_start_ns),
        request_id=request.request_id, timestep=request.timestep, task=request.task,
        must_go=request.must_go, queue_size=request.queue_size,
        estimated_delay=float(request.estimated_delay),
        deadline=duration_to_msg(request.deadline_ns), names=list(request.names),
        prefix=request.prefix.astype(np.float32).ravel().tolist())
    msg.header.stamp = time_to_msg(request.stamp_ns)
    return msg


def request_from_msg(msg: ChunkRequest) -> Request:
    """Read a request from its message.

    Raises:
        ChunkError: The fields contradict each other.
    """
    return Request(
        session_id=msg.session_id, session_start_ns=to_ns(msg.session_start),
        request_id=msg.request_id, stamp_ns=to_ns(msg.header.stamp), timestep=msg.timestep,
        task=msg.task, must_go=msg.must_go, queue_size=msg.queue_size,
        estimated_delay=msg.estimated_delay, deadline_ns=to_ns(msg.deadline),
        names=tuple(msg.names), prefix=_matrix('prefix', msg.prefix, len(msg.names)))


def _matrix(field: str, values: object, columns: int) -> np.ndarray:
    flat = np.asarray(values, dtype=np.float64)
    if columns == 0 or flat.size % columns:
        raise ChunkError(f'{field} has {flat.size} numbers, not a multiple of the {columns} names')
    return flat.reshape(-1, columns)
