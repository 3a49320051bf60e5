"""Where the versions of the LeRobot format keep what: paths, and the files in meta/."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

CHUNK_SIZE = 1000
"""Files in one folder."""


@dataclass(frozen=True, slots=True)
class WrittenEpisode:
    """One episode that is on disk.

    Attributes:
        index: From 0.
        task: Instruction.
        first: Index of its first frame in the dataset.
        length: Frames.
        duration: Of its videos [s].
        statistics: Feature -> statistics.
    """

    index: int
    task: str
    first: int
    length: int
    duration: float
    statistics: Mapping[str, Mapping[str, Any]]


class Layout(Protocol):
    """One version of the format; each episode has a data file and a video of each camera."""

    version: str
    data_path: str
    video_path: str

    def place(self, episode: int) -> dict[str, int]:
        """What the paths are formatted with."""

    def write_meta(self, root: Path, episodes: Sequence[WrittenEpisode], tasks: Sequence[str],
                   cameras: Sequence[str], statistics: Mapping[str, Any]) -> dict[str, Any]:
        """Write everything in meta/ but info.json; more for that is returned."""


class V30:
    """Version 3.0, of LeRobot 0.4 and later."""

    version = 'v3.0'
    data_path = 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet'
    video_path = 'videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4'

    def place(self, episode: int) -> dict[str, int]:
        """Chunk and file of an episode."""
        return {'chunk_index': episode // CHUNK_SIZE, 'file_index': episode % CHUNK_SIZE}

    def write_meta(self, root: Path, episodes: Sequence[WrittenEpisode], tasks: Sequence[str],
                   cameras: Sequence[str], statistics: Mapping[str, Any]) -> dict[str, Any]:
        """Write tasks, episodes and statistics."""
        import pyarrow as pa
        import pyarrow.parquet as pq
        write_json(root / 'meta/stats.json', statistics)
        table = pa.table({'task_index': pa.array(range(len(tasks)), pa.int64()),
                          'task': pa.array(tasks, pa.string())})
        pq.write_table(table.replace_schema_metadata(_indexed_by('task')),
                       root / 'meta/tasks.parquet')
        file = root / 'meta/episodes/chunk-000/file-000.parquet'
        file.parent.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist([self._row(e, cameras) for e in episodes]), file)
        return {'data_files_size_in_mb': 100, 'video_files_size_in_mb': 200}

    def _row(self, episode: WrittenEpisode, cameras: Sequence[str]) -> dict[str, Any]:
        place = self.place(episode.index)
        row = {'episode_index': episode.index, 'tasks': [episode.task], 'length': episode.length,
               'dataset_from_index': episode.first,
               'dataset_to_index': episode.first + episode.length,
               **{f'data/{k}': v for k, v in place.items()}}
        for key in cameras:
            row |= {**{f'videos/{key}/{k}': v for k, v in place.items()},
                    f'videos/{key}/from_timestamp': 0.0,
                    f'videos/{key}/to_timestamp': episode.duration}
        row |= {f'stats/{feature}/{name}': value
                for feature, found in episode.statistics.items() for name, value in found.items()}
        return {**row, 'meta/episodes/chunk_index': 0, 'meta/episodes/file_index': 0}


class V21:
    """Version 2.1, of LeRobot up to 0.3, openpi and GR00T."""

    version = 'v2.1'
    data_path = 'data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet'
    video_path = ('videos/chunk-{episode_chunk:03d}/{video_key}/'
                  'episode_{episode_index:06d}.mp4')

    def place(self, episode: int) -> dict[str, int]:
        """Chunk and index of an episode."""
        return {'episode_chunk': episode // CHUNK_SIZE, 'episode_index': episode}

    def write_meta(self, root: Path, episodes: Sequence[WrittenEpisode], tasks: Sequence[str],
                   cameras: Sequence[str], statistics: Mapping[str, Any]) -> dict[str, Any]:
        """Write tasks, episodes and statistics."""
        write_json(root / 'meta/stats.json', statistics)
        write_lines(root / 'meta/tasks.jsonl',
                    [{'task_index': k, 'task': task} for k, task in enumerate(tasks)])
        write_lines(root / 'meta/episodes.jsonl', [
            {'episode_index': e.index, 'tasks': [e.task], 'length': e.length} for e in episodes])
        write_lines(root / 'meta/episodes_stats.jsonl', [
            {'episode_index': e.index, 'stats': e.statistics} for e in episodes])
        return {'total_videos': len(episodes) * len(cameras),
                'total_chunks': -(-len(episodes) // CHUNK_SIZE)}


LAYOUTS: Mapping[str, Layout] = {each.version: each for each in (V30(), V21())}


def write_json(file: Path, content: Any) -> None:
    """Write a JSON file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=4, ensure_ascii=False) + '\n')


def write_lines(file: Path, entries: Sequence[Any]) -> None:
    """Write a JSON-lines file."""
    file.write_text(''.join(json.dumps(entry, ensure_ascii=False) + '\n' for entry in entries))


def _indexed_by(column: str) -> dict[str, str]:
    """What makes pandas read a column as the index, as LeRobot expects of tasks."""
    return {'pandas': json.dumps({
        'index_columns': [column], 'column_indexes': [], 'pandas_version': '2.0.0',
        'columns': [{'name': 'task_index', 'field_name': 'task_index', 'pandas_type': 'int64',
                     'numpy_type': 'int64', 'metadata': None},
                    {'name': column, 'field_name': column, 'pandas_type': 'unicode',
                     'numpy_type': 'object', 'metadata': None}]})}
