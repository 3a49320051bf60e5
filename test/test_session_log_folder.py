"""The session log on disk: its format, and what a killed process or a full disk leaves."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segue_recording.session_log.folder import ImageSettings, SessionFolder
from segue_recording.session_log.frame import Frame, Session

ROOT = Path(__file__).parents[1]
START = 1_736_000_000.0
SESSION = Session('run-1', 3, lambda: {'config_name': 'pi05', 'config': {'control_freq': 30.0}})
RED = np.full((4, 6, 3), (250, 10, 10), np.uint8)


def frame(index=0, session=SESSION, **fields):
    return Frame(**({'session': session, 'index': index, 'timestamp': START + index / 30,
                     'state': np.array([0.5, 1.0]), 'action': np.array([2.0]), 'prompt': 'put it',
                     'images': {}, 'latency_ms': None, 'extra_info': {}} | fields))


def folder(path, **settings):
    return SessionFolder(path, SESSION, START, ImageSettings(**settings))


def lines(made):
    return [json.loads(line) for line in (made.path / 'inference_log.jsonl').read_text().split('\n')
            if line]


def metadata(made):
    return json.loads((made.path / 'metadata.json').read_text())


def test_lines_have_the_fields_of_the_format(tmp_path):
    made = folder(tmp_path)
    made.write(frame(7, images={'head': RED}, latency_ms=52.5, extra_info={'use_chunk': True}))
    assert lines(made) == [{
        'timestamp': START + 7 / 30, 'episode_id': 3, 'frame_index': 7, 'state': [0.5, 1.0],
        'action': [2.0], 'prompt': 'put it',
        'image_paths': {'head': 'images/frame_000007/head.jpg'},
        'latency_ms': 52.5, 'extra_info': {'use_chunk': True}}]


def test_image_is_where_the_line_says(tmp_path):
    made = folder(tmp_path)
    made.write(frame(images={'head': RED}))
    with Image.open(made.path / lines(made)[0]['image_paths']['head']) as image:
        assert (image.format, image.size) == ('JPEG', (6, 4))
        assert np.abs(np.asarray(image).astype(int) - RED).max() < 8


def test_jpeg_of_a_camera_is_kept_as_it_came(tmp_path):
    made = folder(tmp_path)
    made.write(frame(images={'head': b'\xff\xd8\xff as it came'}))
    kept = made.path / 'images/frame_000000/head.jpg'
    assert kept.read_bytes() == b'\xff\xd8\xff as it came'


def test_without_save_images_there_are_none(tmp_path):
    made = folder(tmp_path, save_images=False)
    made.write(frame(images={'head': RED}))
    assert lines(made)[0]['image_paths'] == {}
    assert not (made.path / 'images').exists()


def test_metadata_is_there_from_the_start_and_complete_at_the_end(tmp_path):
    made = folder(tmp_path)
    at_start = metadata(made)
    made.write(frame(0, images={'head': RED, 'wrist': RED}))
    made.write(frame(1))
    made.finish(START + 4, {'dropped_frames': 0})
    assert {'session_name', 'start_time', 'start_timestamp', 'episode_id', 'config_name',
            'checkpoint_dir', 'default_prompt', 'config', 'save_images', 'image_format'
            } <= set(at_start)
    assert at_start['config_name'] == 'pi05' and at_start['checkpoint_dir'] is None
    at_end = metadata(made)
    assert at_end.items() >= at_start.items()
    assert {name: at_end[name] for name in (
        'end_timestamp', 'total_frames', 'total_images_saved', 'duration_seconds', 'avg_fps',
        'dropped_frames')} == {
            'end_timestamp': START + 4, 'total_frames': 2, 'total_images_saved': 2,
            'duration_seconds': 4.0, 'avg_fps': 0.5, 'dropped_frames': 0}


def test_metadata_that_is_known_only_later_is_there_at_the_end(tmp_path):
    known = {}
    made = SessionFolder(tmp_path, Session('s', 0, lambda: known), START, ImageSettings())
    known['config_name'] = 'pi05'
    assert metadata(made)['config_name'] is None
    made.finish(START + 1, {})
    assert metadata(made)['config_name'] == 'pi05'


def test_two_sessions_of_one_second_have_folders_of_their_own(tmp_path):
    first, second = folder(tmp_path), folder(tmp_path)
    assert first.path.name.startswith('session_2025-01-')
    assert second.path.name == f'{first.path.name}_2'


def test_folder_gets_its_name_with_metadata_and_log_in_it(tmp_path, monkeypatch):
    """Killed before, it leaves nothing that looks like a session."""
    seen, open_file, rename = [], os.open, Path.rename

    def note(name, call):
        def noted(*args):
            seen.append((name, list(tmp_path.glob('session_*'))))
            return call(*args)
        return noted

    monkeypatch.setattr(os, 'open', note('open', open_file))
    monkeypatch.setattr(Path, 'rename', note('rename', rename))
    made = folder(tmp_path)
    assert seen == [('open', []), ('rename', [])]
    assert {each.name for each in made.path.iterdir()} == {'metadata.json', 'inference_log.jsonl'}
    assert list(tmp_path.iterdir()) == [made.path]


def test_what_a_killed_logger_left_is_in_nobodys_way(tmp_path):
    first = folder(tmp_path)
    (tmp_path / f'.{first.path.name}_2.partial').mkdir()
    assert folder(tmp_path).path.name == f'{first.path.name}_3'


def test_numbers_that_json_lacks_are_null(tmp_path):
    made = folder(tmp_path)
    made.write(frame(state=np.array([np.nan, 1.0]), extra_info={'chunks': [{'rate': np.inf}]}))
    assert lines(made)[0]['state'] == [None, 1.0]
    assert lines(made)[0]['extra_info'] == {'chunks': [{'rate': None}]}


def test_line_that_the_disk_took_only_half_of_is_taken_back(tmp_path, monkeypatch):
    made = folder(tmp_path)
    made.write(frame(0))
    write = os.write
    monkeypatch.setattr(os, 'write', lambda fd, data: write(fd, data[:len(data) // 2]))
    with pytest.raises(OSError, match='No space left'):
        made.write(frame(1))
    monkeypatch.undo()
    made.write(frame(2))
    assert [line['frame_index'] for line in lines(made)] == [0, 2]


def test_full_disk_leaves_the_metadata_of_the_start(tmp_path, monkeypatch):
    made = folder(tmp_path)

    def full(path, content):
        path.touch()
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Path, 'write_bytes', full)
    with pytest.raises(OSError, match='No space left'):
        made.finish(START + 1, {})
    assert metadata(made)['session_id'] == 'run-1'
    assert not list(made.path.glob('.*'))


WRITER = '''
import sys
from pathlib import Path
import numpy as np
from segue_recording.session_log.folder import ImageSettings, SessionFolder
from segue_recording.session_log.frame import Frame, Session
session = Session('s', 0, dict)
made = SessionFolder(Path(sys.argv[1]), session, 0.0, ImageSettings())
image = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
for index in range(1_000_000):
    made.write(Frame(session, index, 0.0, np.zeros(16), np.zeros(16), '', {'head': image}, None,
                     {'pad': 'x' * 2000}))
    print(index, flush=True)
'''


@pytest.mark.parametrize('frames', [1, 2, 5, 11])
def test_killed_writer_leaves_a_readable_log(tmp_path, frames):
    """Killed while it writes on, wherever it happens to be then."""
    with subprocess.Popen([sys.executable, '-c', WRITER, tmp_path], stdout=subprocess.PIPE,
                          cwd=ROOT, text=True) as writer:
        for _ in range(frames):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
    (path,) = tmp_path.glob('session_*')
    assert json.loads((path / 'metadata.json').read_text())['episode_id'] == 0
    text = (path / 'inference_log.jsonl').read_text()
    whole = text[:text.rfind('\n') + 1]     # Linux may cut a write off between two pages
    entries = [json.loads(line) for line in whole.splitlines()]
    assert [entry['frame_index'] for entry in entries] == list(range(len(entries)))
    assert len(entries) >= frames
    for entry in entries:
        with Image.open(path / entry['image_paths']['head']) as image:
            image.load()
