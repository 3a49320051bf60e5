"""Writes a LeRobot dataset: episodes of frames to Parquet files, videos and meta/."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue_core.contract import Contract
from segue_recording.export.errors import ExportError
from segue_recording.export.layout import CHUNK_SIZE, Layout, WrittenEpisode, write_json
from segue_recording.export.statistics import PixelStatistics, of_rows
from segue_recording.export.video import VideoWriter, encoder_name
from segue_recording.views import camera_inputs, column_names, vector_inputs

ACTION = 'action'
COUNTERS = ('frame_index', 'episode_index', 'index', 'task_index')
CODECS = {'libx264': 'h264', 'mpeg4': 'mpeg4'}


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What a dataset is of.

    Attributes:
        contract: Its features and columns.
        rate: Frames per second.
        robot_type: For people; empty if unknown.
    """

    contract: Contract
    rate: Fraction
    robot_type: str = ''

    def vectors(self) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        """Key of each feature that is numbers -> names, units where they are known."""
        joined: dict[str, tuple[str, ...]] = {}
        for i in vector_inputs(self.contract):
            key = key_of(i.feature)
            joined[key] = joined.get(key, ()) + column_names((i,))
        return {**{key: (names, ()) for key, names in joined.items()},
                ACTION: (self.contract.action_names, self.contract.action_units)}

    def cameras(self) -> tuple[str, ...]:
        """Keys of the features that are images."""
        return tuple(key_of(i.feature, image=True) for i in camera_inputs(self.contract))


class DatasetWriter:
    """Writes a dataset, whole or not at all.

    Args:
        root: Folder of the dataset; must not exist.
        info: What it is of.
        layout: Version of the format.

    Raises:
        ExportError: The folder exists, or a package is missing.
    """

    def __init__(self, root: Path, info: DatasetInfo, layout: Layout) -> None:
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise ExportError('writing a dataset needs the Python package pyarrow: '
                              'pip install pyarrow') from error
        if root.exists():
            raise ExportError(f'{root} exists already; choose another --out')
        self._root, self._info, self._layout = root, info, layout
        self._part = root.with_name(f'.{root.name}.partial')
        shutil.rmtree(self._part, ignore_errors=True)
        self._rows: dict[str, list[NDArray[np.float64]]] = {key: [] for key in info.vectors()}
        self._all: dict[str, list[NDArray[Any]]] = {}
        self._videos: dict[str, VideoWriter] = {}
        self._pixels: dict[str, PixelStatistics] = {}
        self._all_pixels = {key: PixelStatistics() for key in info.cameras()}
        self._episodes: list[WrittenEpisode] = []
        self._tasks: list[str] = []
        self._shapes: dict[str, tuple[int, ...]] = {}

    @property
    def frames(self) -> int:
        """Frames of all complete episodes."""
        return sum(e.length for e in self._episodes)

    @property
    def episode_length(self) -> int:
        """Frames of the episode that is being written."""
        return len(self._rows[ACTION])

    def add(self, features: Mapping[str, Any], action: NDArray[np.float64]) -> None:
        """Add a frame to the episode that is being written.

        Args:
            features: Feature name of the contract -> value.
            action: Shape (D,).
        """
        self._rows[ACTION].append(action)
        for name, value in features.items():
            if key_of(name) in self._rows:
                self._rows[key_of(name)].append(value)
            else:
                self._add_image(key_of(name, image=True), value)

    def end_episode(self, task: str) -> None:
        """Complete an episode with its instruction."""
        for video in self._videos.values():
            video.close()
        if task not in self._tasks:
            self._tasks.append(task)
        index, first, length = len(self._episodes), self.frames, self.episode_length
        columns: dict[str, NDArray[Any]] = {
            key: np.stack(rows).astype(np.float32) for key, rows in self._rows.items()}
        number = np.arange(length)
        columns['timestamp'] = (number / float(self._info.rate)).astype(np.float32)
        columns |= {'frame_index': number, 'episode_index': np.full(length, index),
                    'index': first + number,
                    'task_index': np.full(length, self._tasks.index(task))}
        self._write_rows(index, columns)
        for key, values in columns.items():
            self._all.setdefault(key, []).append(values)
        statistics = {**{key: of_rows(_matrix(v)) for key, v in columns.items()},
                      **{key: pixels.result() for key, pixels in self._pixels.items()}}
        self._episodes.append(WrittenEpisode(
            index, task, first, length, float(length / self._info.rate), statistics))
        for key, pixels in self._pixels.items():
            self._all_pixels[key].merge(pixels)
        self._rows = {key: [] for key in self._rows}
        self._videos, self._pixels = {}, {}

    def finish(self) -> None:
        """Write meta/ and put the dataset where it belongs."""
        statistics = {**{key: of_rows(_matrix(np.concatenate(parts)))
                         for key, parts in self._all.items()},
                      **{key: pixels.result() for key, pixels in self._all_pixels.items()}}
        more = self._layout.write_meta(self._part, self._episodes, self._tasks,
                                       self._info.cameras(), statistics)
        rate = self._info.rate
        write_json(self._part / 'meta/info.json', {
            'codebase_version': self._layout.version,
            'robot_type': self._info.robot_type or None, 'total_episodes': len(self._episodes),
            'total_frames': self.frames, 'total_tasks': len(self._tasks),
            'chunks_size': CHUNK_SIZE,
            'fps': rate.numerator if rate.denominator == 1 else float(rate),
            'splits': {'train': f'0:{len(self._episodes)}'}, 'data_path': self._layout.data_path,
            'video_path': self._layout.video_path if self._shapes else None, **more,
            'features': self._features()})
        os.replace(self._part, self._root)

    def abandon(self) -> None:
        """Remove what was written so far."""
        self._videos.clear()
        shutil.rmtree(self._part, ignore_errors=True)

    def _add_image(self, key: str, image: NDArray[np.uint8]) -> None:
        if key not in self._videos:
            path = self._layout.video_path.format(
                video_key=key, **self._layout.place(len(self._episodes)))
            self._videos[key] = VideoWriter(self._part / path, self._info.rate,
                                            (image.shape[0], image.shape[1]))
            self._pixels[key] = PixelStatistics()
            if self._shapes.setdefault(key, image.shape) != image.shape:
                raise ExportError(f'{key} changes its size from {self._shapes[key]} to '
                                  f'{image.shape}')
        self._videos[key].write(image)
        self._pixels[key].add(image)

    def _write_rows(self, episode: int, columns: Mapping[str, NDArray[Any]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq
        arrays = {}
        for key, values in columns.items():
            flat = pa.array(values.ravel())
            wide = values.ndim == 2 and values.shape[1] > 1
            arrays[key] = pa.FixedSizeListArray.from_arrays(flat, values.shape[1]) if wide else flat
        file = self._part / self._layout.data_path.format(**self._layout.place(episode))
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(arrays), file)

    def _features(self) -> dict[str, Any]:
        rate = float(self._info.rate)
        features: dict[str, Any] = {}
        for key, (names, units) in self._info.vectors().items():
            features[key] = {'dtype': 'float32', 'shape': [len(names)], 'names': list(names),
                             **({'units': list(units)} if units else {})}
        for key, shape in self._shapes.items():
            features[key] = {
                'dtype': 'video', 'shape': list(shape), 'names': ['height', 'width', 'channels'],
                'info': {'video.height': shape[0], 'video.width': shape[1],
                         'video.codec': CODECS[encoder_name()], 'video.pix_fmt': 'yuv420p',
                         'video.is_depth_map': False, 'video.fps': rate, 'video.channels': 3,
                         'has_audio': False}}
        for key in ('timestamp', *COUNTERS):
            features[key] = {'dtype': 'float32' if key == 'timestamp' else 'int64', 'shape': [1],
                             'names': None}
        return features


def key_of(feature: str, image: bool = False) -> str:
    """Key of a policy feature in a dataset; LeRobot's own names stay as they are."""
    if feature.startswith('observation.'):
        return feature
    return f'observation.images.{feature}' if image else f'observation.{feature}'


def _matrix(values: NDArray[Any]) -> NDArray[Any]:
    return values.reshape(len(values), -1)
