"""Recorded chunks in an .npz archive."""

import numpy as np
import pytest

from robot_bridge.tune.errors import TuneError
from robot_bridge.tune.recording import read_npz

ARRAYS = {'actions': np.arange(12.0).reshape(3, 2, 2), 'first_timestep': np.array([0, 1, 0]),
          'rate': np.array(20.0)}


def write(folder, **changes):
    path = folder / 'chunks.npz'
    np.savez(path, **{k: v for k, v in (ARRAYS | changes).items() if v is not None})
    return path


def test_archive_gives_sessions_delays_and_names(tmp_path):
    recording = read_npz(write(
        tmp_path, session=np.array(['a', 'a', 'b']), names=np.array(['x', 'y']),
        units=np.array(['m', 'rad']), delay=np.array([3, 4, 5])))
    assert [s.names for s in recording.sessions] == [('x', 'y')] * 2
    assert [s.units for s in recording.sessions] == [('m', 'rad')] * 2
    assert [len(s) for s in recording.sessions] == [2, 1]
    assert (recording.step_ns, recording.horizon, recording.chunks) == (50_000_000, 2, 3)
    assert recording.delays.tolist() == [3, 4, 5]
    assert recording.sessions[0].predict(1, 2).tolist() == [[4, 5], [6, 7]]
    assert recording.sessions[1].predict(0, 2).tolist() == [[8, 9], [10, 11]]


def test_three_arrays_are_enough(tmp_path):
    recording = read_npz(write(tmp_path))
    assert len(recording.sessions) == 1
    assert recording.sessions[0].names == ('action_1', 'action_2')
    assert recording.delays.size == 0


@pytest.mark.parametrize(('changes', 'part'), [
    ({'actions': None}, 'actions is missing'), ({'rate': None}, 'rate is missing'),
    ({'rate': np.array(0.0)}, 'rate must be > 0 Hz, got 0'),
    ({'rate': np.array('fast')}, 'rate must be > 0 Hz'),
    ({'actions': np.zeros((3, 2))}, r'actions must have shape \(chunks, rows, columns\)'),
    ({'actions': np.zeros((3, 0, 2))}, 'actions must have shape'),
    ({'actions': np.full((3, 2, 2), np.nan)}, 'actions must be finite'),
    ({'actions': np.full((3, 2, 2), 'up')}, 'actions must be finite numbers'),
    ({'first_timestep': np.array([0])}, r'first_timestep must have shape \(3,\), got \(1,\)'),
    ({'first_timestep': np.array([0.0, 0.5, 1.0])}, 'first_timestep must be whole numbers'),
    ({'names': np.array(['x'])}, r'names must have shape \(2,\)'),
    ({'session': np.array(1)}, r'session must have shape \(3,\), got \(\)'),
    ({'delay': np.array([-1])}, 'delay must be >= 0 control steps'),
    ({'delay': np.array([1.5])}, 'delay must be whole numbers')])
def test_archive_with_wrong_arrays_is_refused_by_name(tmp_path, changes, part):
    with pytest.raises(TuneError, match=part):
        read_npz(write(tmp_path, **changes))


def test_file_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / 'text.npz').write_text('hello')
    np.save(tmp_path / 'array.npy', np.zeros(3))
    np.savez(tmp_path / 'objects.npz', actions=np.array([{}]), allow_pickle=True)
    (tmp_path / 'empty.npz').touch()
    for name in ('text.npz', 'array.npy', 'objects.npz', 'missing.npz', 'empty.npz'):
        with pytest.raises(TuneError, match=f'cannot read .*{name} as an .npz archive'):
            read_npz(tmp_path / name)


@pytest.mark.parametrize('at', [60, 300])
def test_archive_that_was_damaged_is_refused(tmp_path, at):
    path = tmp_path / 'chunks.npz'
    np.savez_compressed(path, **ARRAYS)
    content = bytearray(path.read_bytes())
    content[at:at + 20] = b'x' * 20
    path.write_bytes(content)
    with pytest.raises(TuneError, match='as an .npz archive'):
        read_npz(path)
