"""The writing thread: never waits, drops and counts what it cannot write."""

import json
import threading

import numpy as np
import pytest
from graph import wait_for

from segue_recording.session_log import folder
from segue_recording.session_log import worker as module
from segue_recording.session_log.folder import ImageSettings, SessionFolder
from segue_recording.session_log.frame import Frame, Session
from segue_recording.session_log.worker import QUEUE_FULL, Limits, LogWorker

FIRST, SECOND = Session('a', 0, dict), Session('b', 1, dict)


def frame(index, session=FIRST):
    return Frame(session=session, index=index, timestamp=0.0, state=np.zeros(2),
                 action=np.zeros(2), prompt='', images={}, latency_ms=None, extra_info={})


def worker(path, free=lambda path: 10**12, **limits):
    return LogWorker(path, Limits(**limits), ImageSettings(), free)


def logs(path):
    """Of each session, in order: frame indices and metadata."""
    return [([json.loads(line)['frame_index']
              for line in (each / 'inference_log.jsonl').read_text().splitlines()],
             json.loads((each / 'metadata.json').read_text()))
            for each in sorted(path.iterdir())]


def test_each_session_has_its_folder_and_complete_metadata(tmp_path):
    made = worker(tmp_path)
    for item in (frame(0), frame(1), frame(0, SECOND)):
        made.put(item)
    made.close()
    (one, of_one), (two, of_two) = logs(tmp_path)
    assert (one, two) == ([0, 1], [0])
    assert (of_one['total_frames'], of_one['dropped_frames'], of_two['episode_id']) == (2, 0, 1)
    assert made.counts.written == 3


def test_session_that_ended_is_completed_before_the_next_one_begins(tmp_path, monkeypatch):
    finished = threading.Event()
    finish = SessionFolder.finish
    monkeypatch.setattr(SessionFolder, 'finish',
                        lambda *args: (finish(*args), finished.set()))
    made = worker(tmp_path)
    made.put(frame(0))
    made.end_session()
    assert finished.wait(10)
    assert 'end_time' in logs(tmp_path)[0][1]
    made.close()


def test_frames_that_never_came_are_counted_with_their_session(tmp_path):
    made = worker(tmp_path)
    made.drop(FIRST, 'no command was heard of', 3)
    made.put(frame(3))
    made.close()
    assert made.counts.dropped == 3
    assert logs(tmp_path)[0][1].items() >= {
        'dropped_frames': 3, 'drop_reason': 'no command was heard of', 'total_frames': 1}.items()


def test_slow_disk_drops_frames_instead_of_waiting(tmp_path, monkeypatch):
    writing, go_on = threading.Event(), threading.Event()
    write = SessionFolder.write

    def slow(self, item):
        writing.set()
        assert go_on.wait(10)
        write(self, item)

    monkeypatch.setattr(SessionFolder, 'write', slow)
    made = worker(tmp_path, queue_size=2)
    made.put(frame(0))
    assert writing.wait(10)
    for index in range(1, 6):
        made.put(frame(index))
    counts = made.counts
    go_on.set()
    made.close()
    assert (counts.dropped, counts.reason) == (3, QUEUE_FULL)
    ((indices, metadata),) = logs(tmp_path)
    assert indices == [0, 1, 2]
    assert (metadata['dropped_frames'], metadata['drop_reason']) == (3, QUEUE_FULL)


def test_failing_disk_drops_frames_and_the_log_goes_on_when_it_is_back(tmp_path, monkeypatch):
    write = SessionFolder.write

    def sometimes(self, item):
        if item.index == 1:
            raise OSError(28, 'No space left on device')
        write(self, item)

    monkeypatch.setattr(SessionFolder, 'write', sometimes)
    made = worker(tmp_path)
    for index in range(3):
        made.put(frame(index))
    made.close()
    ((indices, metadata),) = logs(tmp_path)
    assert indices == [0, 2]
    assert metadata['dropped_frames'] == 1
    assert 'No space left' in metadata['drop_reason']


@pytest.fixture
def full_disk(monkeypatch):
    """Files cannot be written while it is set."""
    full, replace = threading.Event(), folder._replace

    def write(file, content):
        if full.is_set():
            raise OSError(28, 'No space left on device')
        return replace(file, content)

    monkeypatch.setattr(folder, '_replace', write)
    return full


def test_session_that_begins_on_a_full_disk_leaves_no_empty_folders(tmp_path, full_disk):
    full_disk.set()
    made = worker(tmp_path)
    for index in range(3):
        made.put(frame(index))
    made.close()
    assert made.counts.dropped == 3
    assert list(tmp_path.iterdir()) == []


def test_metadata_that_cannot_be_completed_are_counted(tmp_path, full_disk):
    made = worker(tmp_path)
    made.put(frame(0))
    wait_for(lambda: made.counts.written, 10, 'a frame')
    full_disk.set()
    made.close()
    assert made.counts.unfinished == 1
    assert 'could not be completed: [Errno 28] No space left' in made.counts.reason
    assert logs(tmp_path)[0][0] == [0]


def test_free_space_is_kept(tmp_path):
    free = iter([5e9, 0.5e9, 5e9])
    made = worker(tmp_path, free=lambda path: int(next(free)), min_free_bytes=10**9)
    for index in range(3):
        made.put(frame(index))
    made.close()
    ((indices, metadata),) = logs(tmp_path)
    assert indices == [0, 2]
    assert 'only 0.5 GB are free' in metadata['drop_reason']


def test_log_does_not_outgrow_its_size(tmp_path):
    made = worker(tmp_path, max_bytes=2000)
    for index in range(100):
        made.put(frame(index, FIRST if index < 50 else SECOND))
    made.close()
    written = sum(file.stat().st_size for file in tmp_path.rglob('*.jsonl'))
    assert 1000 < written < 2500
    assert made.counts.written + made.counts.dropped == 100
    assert 'max_size' in made.counts.reason


def test_disk_that_hangs_does_not_keep_the_process(tmp_path, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(SessionFolder, 'write', lambda self, item: go_on.wait(60))
    monkeypatch.setattr(module, 'CLOSE_TIME', 0.1)
    made = worker(tmp_path)
    made.put(frame(0))
    made.close()
    go_on.set()


@pytest.mark.parametrize('error', [PermissionError(13, 'Permission denied'), ValueError('shape')])
def test_no_error_leaves_the_thread(tmp_path, monkeypatch, error):
    def fails(self, item):
        raise error
    monkeypatch.setattr(SessionFolder, 'write', fails)
    made = worker(tmp_path)
    made.put(frame(0))
    made.put(frame(1))
    made.close()
    assert made.counts.dropped == 2
