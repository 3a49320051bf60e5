"""The folder of one session: metadata.json, inference_log.jsonl, images. Pure: no ROS.

Whenever the process is killed, what is on disk can be read: the folder gets its name with metadata
and log in it, metadata.json and images are replaced as a whole, a line of the log is one write and
comes after its images. Linux may cut a write off between two pages when the process is killed in
it: then the log ends without a newline, and what follows the last one is to be ignored.
"""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segue_recording.session_log.frame import Frame, Session


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """How images are kept.

    Attributes:
        save_images: Whether they are.
        quality: Of the JPEGs that are made here, 1..100; those that came as JPEG stay as they are.
    """

    save_images: bool = True
    quality: int = 95


class SessionFolder:
    """Writes one session.

    Args:
        log_dir: Gets a folder ``session_<time>``.
        session: What it is of.
        now: Time of its start [s since 1970].
        images: How images are kept.

    Raises:
        OSError: The folder cannot be written.
    """

    def __init__(self, log_dir: Path, session: Session, now: float, images: ImageSettings
                 ) -> None:
        self.path, partial = _reserve(log_dir, now)
        self._settings, self._session = images, session
        self.bytes_written = self.frames = self.images = 0
        self._metadata: dict[str, Any] = {
            'session_name': self.path.name, 'start_time': datetime.fromtimestamp(now).isoformat(),
            'start_timestamp': now, 'episode_id': session.episode_id, 'config_name': None,
            'checkpoint_dir': None, 'default_prompt': None, 'config': {}, **session.describe(),
            'save_images': images.save_images, 'image_format': 'jpg',
            'session_id': session.session_id}
        try:
            self._write_metadata(partial)
            self._log = os.open(partial / 'inference_log.jsonl',
                                os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            partial.rename(self.path)
        except OSError:     # the next frame tries again, and must not find a heap of folders
            shutil.rmtree(partial, ignore_errors=True)
            raise
        self._log_size = 0

    def write(self, frame: Frame) -> None:
        """Write a frame: its images, then its line.

        Raises:
            OSError: The disk is full or failed; the log is as it was before, but for images.
        """
        image_paths = {}
        if self._settings.save_images and frame.images:
            folder = self.path / 'images' / f'frame_{frame.index:06d}'
            folder.mkdir(parents=True, exist_ok=True)
            for camera, image in frame.images.items():
                file = folder / f'{camera}.jpg'
                self.bytes_written += _replace(file, _jpeg(image, self._settings.quality))
                image_paths[camera] = str(file.relative_to(self.path))
        self._append({
            'timestamp': frame.timestamp, 'episode_id': frame.session.episode_id,
            'frame_index': frame.index, 'state': frame.state.tolist(),
            'action': frame.action.tolist(), 'prompt': frame.prompt, 'image_paths': image_paths,
            'latency_ms': frame.latency_ms, 'extra_info': frame.extra_info})
        self.frames += 1
        self.images += len(image_paths)

    def finish(self, now: float, more: Mapping[str, Any]) -> None:
        """Close the log and complete metadata.json.

        Args:
            now: Time of the end [s since 1970].
            more: Further entries.

        Raises:
            OSError: The disk is full or failed; the metadata of the start stay.
        """
        os.close(self._log)
        duration = now - self._metadata['start_timestamp']
        self._metadata |= {
            **self._session.describe(), 'end_time': datetime.fromtimestamp(now).isoformat(),
            'end_timestamp': now,
            'total_frames': self.frames, 'total_images_saved': self.images,
            'duration_seconds': duration,
            'avg_fps': self.frames / duration if duration > 0 else 0.0, **more}
        self._write_metadata(self.path)

    def _append(self, entry: Mapping[str, Any]) -> None:
        line = _line(entry)
        written = 0
        try:
            written = os.write(self._log, line)
        finally:
            if written != len(line):
                os.ftruncate(self._log, self._log_size)
                os.lseek(self._log, self._log_size, os.SEEK_SET)
        if written != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._log_size += written
        self.bytes_written += written

    def _write_metadata(self, folder: Path) -> None:
        text = json.dumps(self._metadata, indent=2, ensure_ascii=False)
        self.bytes_written += _replace(folder / 'metadata.json', text.encode())


def _reserve(log_dir: Path, now: float) -> tuple[Path, Path]:
    """A folder that is not there, and the hidden one, made now, that is to be renamed to it.

    The second one of a second gets a number.
    """
    name = f'session_{datetime.fromtimestamp(now):%Y-%m-%d_%H-%M-%S}'
    log_dir.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = log_dir / (name if number == 1 else f'{name}_{number}')
        partial = path.with_name(f'.{path.name}.partial')
        number += 1
        try:
            partial.mkdir()
        except FileExistsError:
            continue
        if not path.exists():
            return path, partial
        partial.rmdir()


def _line(entry: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(entry, ensure_ascii=False, allow_nan=False)
    except ValueError:      # JSON has no nan and no infinity
        text = json.dumps(_finite(entry), ensure_ascii=False)
    return text.encode() + b'\n'


def _finite(value: Any) -> Any:
    """The same with null for numbers that are not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value


def _replace(file: Path, content: bytes) -> int:
    """Write a file whole or not at all; returns its size [bytes]."""
    partial = file.with_name(f'.{file.name}.partial')
    try:
        partial.write_bytes(content)
        os.replace(partial, file)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    return len(content)


def _jpeg(image: NDArray[np.uint8] | bytes, quality: int) -> bytes:
    if isinstance(image, bytes):
        return image
    encoded = BytesIO()
    Image.fromarray(image).save(encoded, 'JPEG', quality=quality)
    return encoded.getvalue()
