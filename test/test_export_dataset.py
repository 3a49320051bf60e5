"""A bag becomes a LeRobot dataset that pyarrow, PyAV and LeRobot itself can read."""

import json

import numpy as np
import pytest
from bag_helpers import (
    NS,
    STEP_NS,
    joints,
    params_file,
    request,
    session,
    shade,
    write_bag,
)

from segue_recording.export.cli import main
from segue_recording.export.video import ENCODERS, VideoWriter

pq = pytest.importorskip('pyarrow.parquet', reason='needs the extra datasets')
av = pytest.importorskip('av', reason='needs the extra datasets')

HEAD, WRIST = 'observation.images.head', 'observation.images.wrist'
STATE = 'observation.state'


def export(folder, records, *options, out='data'):
    bag = write_bag(folder / f'bag_{out}', records)
    code = main(['--bag', str(bag), '--out', str(folder / out), '--params-file',
                 str(params_file(folder)), *options])
    return code, folder / out


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    """Two sessions of 12 and 9 steps, one task each."""
    records = session(0, 's', 12) + session(100, 't', 9, task='take it')
    code, root = export(tmp_path_factory.mktemp('v3'), records)
    assert code == 0
    return root


def info(root):
    return json.loads((root / 'meta/info.json').read_text())


def rows(root, pattern='data/*/*.parquet'):
    found = [row for file in sorted(root.glob(pattern)) for row in pq.read_table(file).to_pylist()]
    return {key: np.array([row[key] for row in found]) for key in found[0]}


def levels(file):
    """Mean grey level of each frame of a video, and the times of the frames [s]."""
    with av.open(str(file)) as video:
        frames = list(video.decode(video=0))
    return ([round(float(frame.to_ndarray(format='rgb24').mean())) for frame in frames],
            [float(frame.pts * frame.time_base) for frame in frames], frames[0])


def test_each_session_is_an_episode_and_each_control_step_a_frame(dataset):
    data = rows(dataset)
    assert set(data) == {STATE, 'action', 'timestamp', 'frame_index', 'episode_index', 'index',
                         'task_index'}
    assert data['index'].tolist() == list(range(21))
    assert data['episode_index'].tolist() == [0] * 12 + [1] * 9
    assert data['frame_index'].tolist() == [*range(12), *range(9)]
    assert data['task_index'].tolist() == [0] * 12 + [1] * 9
    assert data['timestamp'] == pytest.approx(data['frame_index'] / 20, abs=1e-6)


def test_state_and_action_are_those_of_the_instant_in_the_order_of_the_contract(dataset):
    data = rows(dataset)
    step = data['frame_index']
    assert data[STATE] == pytest.approx(np.stack([step, step / 10, np.full(21, 0.5)], 1))
    assert data['action'] == pytest.approx(np.stack([step + 0.5, step / 10 + 0.05], 1))


def test_info_describes_every_feature(dataset):
    found = info(dataset)
    assert (found['codebase_version'], found['fps'], found['total_frames'],
            found['total_episodes'], found['total_tasks']) == ('v3.0', 20, 21, 2, 2)
    features = found['features']
    assert features[STATE] == {'dtype': 'float32', 'shape': [3], 'names': ['a', 'b', 'g']}
    assert features['action'] == {'dtype': 'float32', 'shape': [2], 'names': ['a', 'b'],
                                  'units': ['rad', 'rad']}
    assert features[HEAD]['shape'] == [48, 64, 3]
    assert features[WRIST]['shape'] == [64, 32, 3]     # turned, as the policy sees it


@pytest.mark.parametrize('key', [HEAD, WRIST])
def test_videos_show_the_image_of_each_frame_at_its_time(dataset, key):
    file = dataset / f'videos/{key}/chunk-000/file-001.mp4'
    seen, times, first = levels(file)
    assert seen == pytest.approx([shade(step, (1, 1)).mean() for step in range(9)], abs=3)
    assert times == pytest.approx(np.arange(9) / 20)
    assert first.format.name == 'yuv420p'
    assert [first.height, first.width] == info(dataset)['features'][key]['shape'][:2]


def test_statistics_are_those_of_the_data(dataset):
    found = json.loads((dataset / 'meta/stats.json').read_text())
    data = rows(dataset)
    for key in (STATE, 'action'):
        for name, function in (('min', np.min), ('max', np.max), ('mean', np.mean),
                               ('std', np.std), ('q50', np.median)):
            assert found[key][name] == pytest.approx(function(data[key], axis=0), abs=1e-6)
    grey = np.array([*range(12), *range(9)]) * 5 + 20
    pixels = found[HEAD]
    assert np.shape(pixels['mean']) == (3, 1, 1)
    assert (np.ravel(pixels['mean'])[0], np.ravel(pixels['std'])[0], np.ravel(pixels['max'])[0],
            np.ravel(pixels['q50'])[0]) == pytest.approx(
        (grey.mean() / 255, grey.std() / 255, grey.max() / 255, np.median(grey) / 255), abs=1e-6)
    assert pixels['count'] == [21]


def test_episodes_say_where_their_frames_are(dataset):
    found = rows(dataset, 'meta/episodes/*/*.parquet')
    assert found['dataset_from_index'].tolist() == [0, 12]
    assert found['dataset_to_index'].tolist() == [12, 21]
    assert found[f'videos/{HEAD}/file_index'].tolist() == [0, 1]
    assert found['tasks'].tolist() == [['put it'], ['take it']]


def decode_at(path, times, tolerance, backend):
    """What LeRobot asks a video for, by PyAV: its own decoders need FFmpeg on the system."""
    import torch
    with av.open(str(path)) as video:
        frames = [(float(f.pts * f.time_base), f.to_ndarray(format='rgb24'))
                  for f in video.decode(video=0)]
    found = [next(image for at, image in frames if abs(at - time) < tolerance) for time in times]
    return torch.from_numpy(np.stack(found)).permute(0, 3, 1, 2).float() / 255


def test_lerobot_loads_the_dataset(dataset, monkeypatch):
    module = pytest.importorskip('lerobot.datasets.lerobot_dataset',
                                 reason='lerobot is not installed')
    monkeypatch.setattr(module, 'decode_video_frames', decode_at)
    loaded = module.LeRobotDataset('segue/test', root=dataset,
                                   delta_timestamps={'action': [0, 0.05, 0.1]})
    assert (loaded.num_frames, loaded.num_episodes, loaded.fps) == (21, 2, 20)
    for index in (0, 14, 20):
        item, step = loaded[index], index if index < 12 else index - 12
        assert item['task'] == ('put it' if index < 12 else 'take it')
        assert item[STATE].tolist() == pytest.approx([step, step / 10, 0.5])
        assert item['action'][0].tolist() == pytest.approx([step + 0.5, step / 10 + 0.05])
        assert item[HEAD].shape == (3, 48, 64)
        assert float(item[HEAD].mean()) == pytest.approx((5 * step + 20) / 255, abs=0.01)
    assert loaded[20]['action_is_pad'].tolist() == [False, True, True]
    assert loaded.meta.stats[HEAD]['mean'].shape == (3, 1, 1)


def test_version_2_1_has_its_own_layout(tmp_path):
    code, root = export(tmp_path, session(0, 's', 4), '--format', 'v2.1')
    assert code == 0
    assert info(root)['codebase_version'] == 'v2.1'
    assert info(root)['total_videos'] == 2
    data = pq.read_table(root / 'data/chunk-000/episode_000000.parquet')
    assert data.num_rows == 4
    for name in ('tasks', 'episodes', 'episodes_stats'):
        (line,) = (root / f'meta/{name}.jsonl').read_text().splitlines()
        assert json.loads(line)
    assert levels(root / f'videos/chunk-000/{HEAD}/episode_000000.mp4')[0] == pytest.approx(
        [20, 25, 30, 35], abs=3)


def test_another_rate_samples_by_stamp(tmp_path):
    code, root = export(tmp_path, session(0, 's', 13), '--fps', '10')
    assert code == 0
    assert rows(root)[STATE][:, 0].tolist() == [0, 2, 4, 6, 8, 10, 12]


def test_jitter_and_gaps_of_the_commands_leave_an_even_grid(tmp_path):
    records = [r for r in session(0, 's', 20, jitter_ns=STEP_NS // 5)
               if not (r[1] == '/commanded_joint_states' and 5 <= (r[0] - NS) // STEP_NS < 9)]
    code, root = export(tmp_path, records)
    assert code == 0
    data = rows(root)
    assert len(data['index']) == 20
    assert np.abs(data[STATE][:, 0] - np.arange(20)).max() <= 1
    held = data['action'][6:8, 0]
    assert len(set(held.tolist())) == 1


def test_frames_before_every_camera_was_seen_are_left_out_and_said(tmp_path, capsys):
    records = [r for r in session(0, 's', 10)
               if not (r[1] == '/head/image_raw' and r[0] < NS + 3 * STEP_NS)]
    code, root = export(tmp_path, records, '--max-age', '0.05')
    assert code == 0
    assert rows(root)[STATE][:, 0].tolist() == list(range(3, 10))
    assert 'the first 3 left out' in capsys.readouterr().out


@pytest.mark.parametrize(('change', 'options', 'part'), [
    (lambda r: r[1] != '/head/image_raw', (), 'no topic /head/image_raw (contract.head)'),
    (lambda r: r[1] != '/commanded_joint_states', (), 'no topic /commanded_joint_states'),
    (lambda r: r[1] != '/head/image_raw' or r[0] < NS + 2 * STEP_NS, ('--max-age', '0.1'),
     'allow older samples with --max-age'),
    (lambda r: True, ('--namespace', 'left'), 'no topic /left/commanded_joint_states')])
def test_bag_that_lacks_something_is_refused_and_nothing_is_left(tmp_path, capsys, change, options,
                                                                 part):
    code, root = export(tmp_path, list(filter(change, session(0, 's', 10))), *options)
    assert code == 1
    assert part in capsys.readouterr().err
    assert not root.exists() and not list(tmp_path.glob('.*'))


def test_bag_without_a_task_needs_one(tmp_path, capsys):
    code, _ = export(tmp_path, session(0, 's', 4, task=''))
    assert code == 1
    assert 'give one with --task' in capsys.readouterr().err
    code, root = export(tmp_path, session(0, 's', 4, task=''), '--task', 'given', out='given')
    assert code == 0
    assert pq.read_table(root / 'meta/tasks.parquet')['task'].to_pylist() == ['given']


def test_dataset_that_exists_is_not_touched(tmp_path, capsys):
    (tmp_path / 'data').mkdir()
    code, _ = export(tmp_path, session(0, 's', 4))
    assert code == 1
    assert 'exists already' in capsys.readouterr().err


def test_column_that_was_not_commanded_is_named(tmp_path, capsys):
    records = [(0, '/chunk_request', request(NS, 's', 'x')),
               (1, '/commanded_joint_states', joints(NS, a=1.0))]
    code, _ = export(tmp_path, records)
    assert code == 1
    assert "no column 'b' of contract.actions; they have a" in capsys.readouterr().err


def test_video_without_the_preferred_encoder_is_still_a_video(tmp_path, monkeypatch):
    from fractions import Fraction
    monkeypatch.delitem(ENCODERS, 'libx264')
    writer = VideoWriter(tmp_path / 'v.mp4', Fraction(20), (48, 64))
    for step in range(3):
        writer.write(shade(step, (48, 64)))
    writer.close()
    assert levels(tmp_path / 'v.mp4')[0] == pytest.approx([20, 25, 30], abs=3)
