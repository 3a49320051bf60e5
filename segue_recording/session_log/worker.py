"""Writes frames on a thread of its own; what it cannot write it drops and counts. No ROS."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Full, Queue

from segue_recording.session_log.folder import ImageSettings, SessionFolder
from segue_recording.session_log.frame import Frame, Session

CLOSE_TIME = 10.0
"""How long what is queued may take to be written at the end [s]."""
QUEUE_FULL = 'the disk is too slow: the queue is full'


@dataclass(frozen=True, slots=True)
class Limits:
    """What the log may take of the machine.

    Attributes:
        queue_size: Frames that wait to be written, >= 1.
        max_bytes: What all sessions of this log may take together [bytes]; 0 for no limit.
        min_free_bytes: What must stay free on the disk [bytes].
    """

    queue_size: int = 100
    max_bytes: int = 0
    min_free_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How the log does.

    Attributes:
        written: Frames on disk, of all sessions.
        dropped: Frames that were not written.
        reason: Why the last one was dropped; empty if none was.
        queued: Frames that wait.
        folder: Of the session that is written; empty without one.
        unfinished: Sessions whose metadata could not be completed.
    """

    written: int = 0
    dropped: int = 0
    reason: str = ''
    queued: int = 0
    folder: str = ''
    unfinished: int = 0


class LogWorker:
    """Takes frames without ever waiting, and writes them.

    Args:
        log_dir: Gets a folder for each session.
        limits: What it may take.
        images: How images are kept.
        free: Free space of the disk that has a folder [bytes].
    """

    def __init__(self, log_dir: Path, limits: Limits, images: ImageSettings,
                 free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free) -> None:
        self._log_dir, self._limits, self._images, self._free = log_dir, limits, images, free
        self._queue: Queue[Frame | None] = Queue(limits.queue_size)
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._folder: SessionFolder | None = None
        self._session: Session | None = None
        self._written = self._dropped = self._bytes_before = 0
        self._dropped_of_session: dict[str, int] = {}
        self._reason, self._unfinished = '', 0
        self._thread = threading.Thread(target=self._work, name='session log', daemon=True)
        self._thread.start()

    @property
    def counts(self) -> Counts:
        """How it does."""
        folder = self._folder
        with self._lock:
            return Counts(self._written, self._dropped, self._reason, self._queue.qsize(),
                          str(folder.path) if folder else '', self._unfinished)

    def put(self, frame: Frame) -> None:
        """Queue a frame, or drop it when the queue is full."""
        try:
            self._queue.put_nowait(frame)
        except Full:
            self.drop(frame.session, QUEUE_FULL)

    def drop(self, session: Session, reason: str, frames: int = 1) -> None:
        """Count frames that are not logged."""
        with self._lock:
            self._dropped += frames
            self._reason = reason
            key = session.session_id
            self._dropped_of_session[key] = self._dropped_of_session.get(key, 0) + frames

    def end_session(self) -> None:
        """Complete the session's metadata once its frames are written.

        With a full queue it is done later: when the next session begins or the log is closed.
        """
        try:
            self._queue.put_nowait(None)
        except Full:
            pass

    def close(self) -> None:
        """Write what is queued and end; a disk that hangs is left behind after a while."""
        self._ended.set()
        self._thread.join(CLOSE_TIME)

    # ---- the thread ----
    def _work(self) -> None:
        while True:
            try:
                frame = self._queue.get(timeout=0.1)
            except Empty:
                if self._ended.is_set():
                    break
                continue
            if frame is None:
                self._finish()
            else:
                self._write(frame)
        self._finish()

    def _write(self, frame: Frame) -> None:
        try:
            refusal = self._refusal()
            if not refusal:
                self._folder_of(frame.session).write(frame)
        except (OSError, ValueError) as error:
            refusal = f'cannot write to {self._log_dir}: {error}'
        if refusal:
            self.drop(frame.session, refusal)
            return
        with self._lock:
            self._written += 1

    def _refusal(self) -> str:
        """Why nothing may be written now; empty if it may."""
        limits = self._limits
        used = self._bytes_before + (self._folder.bytes_written if self._folder else 0)
        if limits.max_bytes and used >= limits.max_bytes:
            return f'the log has reached its max_size of {limits.max_bytes / 1e9:g} GB'
        self._log_dir.mkdir(parents=True, exist_ok=True)
        free = self._free(self._log_dir)
        if free < limits.min_free_bytes:
            return (f'only {free / 1e9:.3g} GB are free on the disk of {self._log_dir}, min_free '
                    f'is {limits.min_free_bytes / 1e9:g} GB')
        return ''

    def _folder_of(self, session: Session) -> SessionFolder:
        if self._folder is None or self._session is not session:
            self._finish()
            self._folder = SessionFolder(self._log_dir, session, time.time(), self._images)
            self._session = session
        return self._folder

    def _finish(self) -> None:
        """Complete the metadata of the session that was written."""
        folder, self._folder = self._folder, None
        if folder is None or self._session is None:
            return
        with self._lock:
            dropped = self._dropped_of_session.pop(self._session.session_id, 0)
            reason = self._reason if dropped else ''
        try:
            folder.finish(time.time(), {'dropped_frames': dropped, 'drop_reason': reason})
        except OSError as error:
            with self._lock:
                self._unfinished += 1
                self._reason = f'metadata of {folder.path.name} could not be completed: {error}'
        self._bytes_before += folder.bytes_written
