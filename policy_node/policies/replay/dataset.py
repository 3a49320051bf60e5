"""Actions of an episode of a LeRobot dataset, v2.1 or v3.0. Images are not read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from policy_node.dataset_info import columns_of, read_info
from policy_node.policies.replay.recording import Recording, RecordingError


def read_dataset(folder: Path, episode: int) -> Recording:
    """Read the actions of one episode.

    Args:
        folder: Of the dataset.
        episode: Its ``episode_index``.

    Raises:
        RecordingError: pyarrow is missing, the dataset cannot be read, or has no such episode.
    """
    try:
        from pyarrow import ArrowException
    except ImportError as error:
        raise RecordingError('reading a LeRobot dataset needs the Python package pyarrow: '
                             'pip install pyarrow') from error
    try:
        info = read_info(folder)
        data = _read_rows(_data_file(folder, info, episode), episode)
        action = info['features']['action']
        names, units = columns_of(action), tuple(action.get('units') or ())
        step_ns = 1e9 / info['fps']
    except (OSError, ArrowException, ValueError, KeyError, TypeError) as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(f'{folder} cannot be read as a LeRobot dataset: '
                             f'{type(error).__name__}: {error}') from error
    rows = data.reshape(len(data), -1)
    times = np.round(np.arange(len(rows)) * step_ns).astype(np.int64)
    return Recording(f'episode {episode} of {folder}', names, units, times, rows)


def _data_file(folder: Path, info: Mapping[str, Any], episode: int) -> Path:
    """The Parquet file that has the episode."""
    total, version = info['total_episodes'], str(info['codebase_version'])
    if episode >= total:
        raise RecordingError(f'replay.episode must be within 0..{total - 1} for {folder}, '
                             f'got {episode}')
    if version.startswith('v2.'):
        where = {'episode_chunk': episode // info['chunks_size'], 'episode_index': episode}
    elif version.startswith('v3.'):
        where = _place(folder, episode)
    else:
        raise RecordingError(f'{folder} is a LeRobot dataset of version {version}; v2.1 and v3.0 '
                             'can be read: convert it with LeRobot')
    return folder / str(info['data_path']).format(**where)


def _place(folder: Path, episode: int) -> dict[str, int]:
    """Chunk and file of an episode, from the table of all episodes of a v3.0 dataset."""
    import pyarrow.parquet as pq
    keys = {'chunk_index': 'data/chunk_index', 'file_index': 'data/file_index'}
    for file in sorted(folder.glob('meta/episodes/*/*.parquet')):
        found = pq.read_table(file, columns=list(keys.values()),
                              filters=[('episode_index', '=', episode)]).to_pylist()
        if found:
            return {key: found[0][column] for key, column in keys.items()}
    raise RecordingError(f'{folder} has no entry of episode {episode} in meta/episodes')


def _read_rows(file: Path, episode: int) -> np.ndarray:
    import pyarrow.parquet as pq
    table = pq.read_table(file, columns=['action', 'frame_index'],
                          filters=[('episode_index', '=', episode)]).sort_by('frame_index')
    return np.array(table['action'].to_pylist(), dtype=np.float64)
