"""Capturing on OpenCV: real files here, and stand-ins for the devices that this machine lacks."""

from threading import Event

import cv2
import numpy as np
import pytest

from robot_bridge.cameras import capture as module
from robot_bridge.cameras.capture import CameraError, open_capture
from robot_bridge.cameras.loop import LONGEST_PAUSE, CameraLoop
from robot_bridge.cameras.parameters import CameraParams

COLOURS = [(0, 0, 255), (0, 255, 0), (255, 0, 0)]


def picture(colour):
    return np.full((48, 64, 3), colour, np.uint8)


def sequence(folder):
    for k, colour in enumerate(COLOURS):
        cv2.imwrite(str(folder / f'{k:03d}.png'), picture(colour))
    return str(folder / '%03d.png')


def opened(source, waits=None, **params):
    stamps = iter(range(1000))
    return open_capture(CameraParams(source=source, **params), lambda: next(stamps),
                        (waits if waits is not None else []).append)


def test_file_is_played_at_its_rate_again_and_again(tmp_path):
    waits = []
    capture = opened(sequence(tmp_path), waits, fps=0.01)
    frames = [capture.read() for _ in range(5)]
    assert [tuple(int(c) for c in f.bgr()[0, 0]) for f in frames] == [*COLOURS, *COLOURS[:2]]
    assert [f.stamp_ns for f in frames] == [0, 1, 2, 3, 4]
    assert frames[0].size == (64, 48)
    assert waits[0] == 0 and min(waits[1:]) > 90


def test_file_that_is_removed_while_it_plays_ends_with_an_error_that_names_it(tmp_path):
    video = tmp_path / 'film.avi'
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*'MJPG'), 30.0, (64, 48))
    writer.write(picture(COLOURS[0]))
    writer.release()
    capture = opened(str(video))
    assert capture.read() is not None
    video.unlink()
    with pytest.raises(CameraError, match=r'film.avi does not exist'):
        capture.read()


@pytest.mark.parametrize(('source', 'reason'), [
    ('97', '/dev/video97 does not exist'), ('/dev/video98', '/dev/video98 does not exist'),
    ('/dev/null', '/dev/null cannot be opened'), ('nowhere.mp4', 'nowhere.mp4 does not exist')])
def test_source_that_is_not_there_is_an_error_that_names_it(source, reason):
    with pytest.raises(CameraError, match=reason):
        opened(source)


class Device:
    """OpenCV's capture of a device that gives JPEGs, as V4L2 does with conversion off."""

    def __init__(self, path, api):
        self.path, self.api, self.set_to = path, api, {}
        self.grabs = [True, True, False]
        ok, encoded = cv2.imencode('.jpg', picture(COLOURS[0]))
        self.images = [encoded.reshape(1, -1), np.zeros((1, 10), np.uint8)]

    def isOpened(self):     # noqa: N802
        return True

    def set(self, key, value):
        self.set_to[key] = value

    def get(self, key):
        return {cv2.CAP_PROP_FRAME_WIDTH: 64, cv2.CAP_PROP_FRAME_HEIGHT: 48, **self.set_to}[key]

    def grab(self):
        return self.grabs.pop(0)

    def retrieve(self):
        return True, self.images.pop(0)

    def release(self):
        self.path = None


@pytest.fixture
def device(monkeypatch):
    made = []

    def make(path, api):
        made.append(Device(path, api))
        return made[-1]

    monkeypatch.setattr(module.cv2, 'VideoCapture', make)
    monkeypatch.setattr(module.Path, 'exists', lambda path: True)
    return made


def test_device_is_asked_for_what_was_wanted_and_for_undecoded_jpegs(device):
    opened('2', width=64, height=48, fps=30.0)
    assert (device[0].path, device[0].api) == ('/dev/video2', cv2.CAP_V4L2)
    assert device[0].set_to == {
        cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*'MJPG'), cv2.CAP_PROP_FRAME_WIDTH: 64,
        cv2.CAP_PROP_FRAME_HEIGHT: 48, cv2.CAP_PROP_FPS: 30.0, cv2.CAP_PROP_BUFFERSIZE: 1,
        cv2.CAP_PROP_CONVERT_RGB: 0}


def test_other_formats_are_converted_by_opencv(device):
    opened('2', fourcc='YUYV')
    assert cv2.CAP_PROP_CONVERT_RGB not in device[0].set_to


def test_jpegs_of_a_device_are_passed_on_as_they_are_and_broken_ones_are_lost(device):
    capture = opened('/dev/video0')
    encoded = device[0].images[0].tobytes()
    frame = capture.read()
    assert (frame.jpeg(50), frame.size) == (encoded, (64, 48))
    assert np.abs(frame.bgr().astype(int) - picture(COLOURS[0])).max() < 5
    assert capture.read() is None
    with pytest.raises(CameraError, match='/dev/video0 gives no images'):
        capture.read()


class Script:
    """A camera whose images and failures are listed; the end stops the loop."""

    def __init__(self, *steps):
        self.steps, self.stopped, self.pauses, self.warnings = list(steps), Event(), [], []
        self.stopped.wait = self.pauses.append
        self.published = []
        self.loop = CameraLoop(self.open, self.publish, self.warnings.append, self.stopped)
        self.loop.run()

    def open(self):
        self.next('open')
        return self

    def read(self):
        return self.next('read')

    def close(self):
        pass

    def publish(self, frame):
        if frame == 'broken':
            raise CameraError('gave a broken JPEG')
        self.published.append(frame)

    def next(self, called):
        step = self.steps.pop(0)
        if not self.steps:
            self.stopped.set()
        if isinstance(step, CameraError):
            raise step
        return step


GONE = CameraError('gone')


def test_lost_and_broken_images_are_skipped_and_counted():
    script = Script('open', 'a', None, 'broken', 'b')
    counters = script.loop.counters
    assert script.published == ['a', 'b']
    assert (counters.frames, counters.drops, counters.failures) == (2, 2, 0)
    assert script.warnings == ['an image was lost: skipped', 'gave a broken JPEG: skipped']


def test_camera_that_is_away_is_tried_again_ever_more_rarely_until_an_image_comes():
    script = Script(GONE, GONE, GONE, 'open', GONE, 'open', 'a', GONE, 'open', 'b')
    assert script.pauses == [0.25, 0.5, 1.0, 2.0, 0.25]
    assert (script.published, script.loop.counters.failures) == (['a', 'b'], 5)
    assert script.loop.counters.error == ''
    assert script.warnings[0] == 'gone; trying again in 0.25 s'


def test_pause_has_an_upper_limit_and_the_reason_is_kept():
    script = Script(*[GONE] * 20)
    assert max(script.pauses) == LONGEST_PAUSE
    assert script.loop.counters.error == 'gone'
