"""The camera node: several cameras, none of which disturbs another."""

import re
import signal

import cv2
import numpy as np
import pytest
import yaml
from cv_bridge import CvBridge
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from graph import ROOT, wait_for
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from robot_bridge.cameras.parameters import CameraParams, NodeParams
from segue_core.parameters import build

COLOURS = {'top': (0, 0, 250), 'wrist': (0, 250, 0), 'front': (250, 0, 0)}


def film(path, colour):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 30.0, (64, 48))
    for _ in range(5):
        writer.write(np.full((48, 64, 3), colour, np.uint8))
    writer.release()


class Watcher:
    """Starts the node on files of its own and listens."""

    def __init__(self, graph, **parameters):
        self.graph, self.images, self.diagnosis = graph, {}, {}
        for name, colour in COLOURS.items():
            film(graph.folder / f'{name}.avi', colour)
        given = {'cameras': list(COLOURS), 'diagnostics_period': 0.5,
                 **{f'{name}.source': f'{name}.avi' for name in COLOURS}, **parameters}
        self.process = graph.start('camera', '--ros-args', *(
            a for key, value in given.items() for a in ('-p', f'{key}:={value}')))
        graph.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnosis,
                                       QoSProfile(depth=10))

    def listen(self, kind, *topics):
        for topic in topics:
            self.graph.node.create_subscription(
                kind, topic, lambda msg, topic=topic: self.images.setdefault(topic, []).append(msg),
                qos_profile_sensor_data)

    def _on_diagnosis(self, msg):
        self.diagnosis = {s.name.removeprefix('camera: '): s for s in msg.status}

    def level(self, name):
        return self.diagnosis[name].level if name in self.diagnosis else None

    def until(self, condition, what):
        def look():
            for _ in range(20):     # cameras send more than one message in each look
                self.graph.executor.spin_once(timeout_sec=0.005)
            return condition()
        return wait_for(look, 30, f'{what}; the node said\n{self.process.output}')

    def count(self, topic):
        return len(self.images.get(topic, ()))


def test_three_cameras_publish_raw_and_compressed_images_with_their_stamps_and_frames(graph):
    cameras = Watcher(graph, **{'wrist.frame_id': 'wrist_optical'})
    raw = [f'{name}/image_raw' for name in COLOURS]
    compressed = [f'{topic}/compressed' for topic in raw]
    cameras.listen(Image, *raw)
    cameras.listen(CompressedImage, *compressed)
    cameras.until(lambda: all(cameras.count(t) > 3 for t in (*raw, *compressed)), 'images of all')
    bridge = CvBridge()
    for name, colour in COLOURS.items():
        image = cameras.images[f'{name}/image_raw'][-1]
        assert (image.width, image.height, image.encoding) == (64, 48, 'bgr8')
        assert np.abs(bridge.imgmsg_to_cv2(image)[20, 20].astype(int) - colour).max() < 12
        jpeg = bridge.compressed_imgmsg_to_cv2(
            cameras.images[f'{name}/image_raw/compressed'][-1], 'bgr8')
        assert np.abs(jpeg[20, 20].astype(int) - colour).max() < 12
        stamps = [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec
                  for m in cameras.images[f'{name}/image_raw']]
        assert stamps == sorted(set(stamps))
        assert image.header.frame_id == ('wrist_optical' if name == 'wrist' else name)


def test_camera_that_does_not_exist_disturbs_no_other(graph):
    cameras = Watcher(graph, **{'front.source': '/dev/video97'})
    cameras.listen(Image, 'top/image_raw', 'wrist/image_raw', 'front/image_raw')
    cameras.until(lambda: cameras.level('top') == cameras.level('wrist') == DiagnosticStatus.OK
                  and cameras.level('front') == DiagnosticStatus.ERROR, 'the diagnosis')
    assert cameras.diagnosis['front'].message == '/dev/video97 does not exist'
    cameras.process.says('camera front: /dev/video97 does not exist; trying again in 0.25 s')
    cameras.until(lambda: min(map(cameras.count, ('top/image_raw', 'wrist/image_raw'))) > 3,
                  'images of the others')
    assert cameras.count('front/image_raw') == 0


def test_camera_that_goes_away_is_used_again_when_it_is_back(graph):
    cameras = Watcher(graph)
    cameras.until(lambda: cameras.level('wrist') == DiagnosticStatus.OK, 'all well')
    source = graph.folder / 'wrist.avi'
    source.rename(graph.folder / 'unplugged.avi')
    cameras.until(lambda: cameras.level('wrist') == DiagnosticStatus.ERROR, 'a failure')
    assert cameras.diagnosis['wrist'].message == 'wrist.avi does not exist'
    (graph.folder / 'unplugged.avi').rename(source)
    cameras.until(lambda: cameras.level('wrist') == DiagnosticStatus.OK, 'recovery')
    values = {v.key: v.value for v in cameras.diagnosis['wrist'].values}
    assert int(values['failures']) >= 1 and float(values['fps']) > 0
    assert cameras.level('top') == DiagnosticStatus.OK


CALIBRATION = """
image_width: 64
image_height: 48
distortion_model: plumb_bob
camera_matrix: {rows: 3, cols: 3, data: [50, 0, 32, 0, 50, 24, 0, 0, 1]}
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, 0, 0, 0, 0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [50, 0, 32, 0, 0, 50, 24, 0, 0, 0, 1, 0]}
"""


def test_camera_info_has_the_calibration_or_only_the_size(graph):
    (graph.folder / 'right.yaml').write_text(CALIBRATION)
    (graph.folder / 'other.yaml').write_text(CALIBRATION.replace('64', '640'))
    cameras = Watcher(graph, **{'top.calibration': 'right.yaml', 'wrist.calibration': 'other.yaml'})
    topics = [f'{name}/camera_info' for name in COLOURS]
    cameras.listen(CameraInfo, *topics)
    cameras.until(lambda: all(map(cameras.count, topics)), 'camera_info of all')
    top, wrist, front = (cameras.images[topic][-1] for topic in topics)
    assert (top.k[0], top.d[0], top.distortion_model) == (50.0, 0.1, 'plumb_bob')
    assert [(info.width, info.height) for info in (top, wrist, front)] == [(64, 48)] * 3
    assert wrist.k[0] == front.k[0] == 0.0
    cameras.process.says('calibrated at 640x48, gives 64x48: published as uncalibrated')


@pytest.mark.parametrize(('parameters', 'line'), [
    ({'cameras': '[top, top]'}, 'cameras must list the names of the cameras, each once'),
    ({'top.fourcc': 'MJPEG'}, "camera top: fourcc must be four letters such as MJPG, got 'MJPEG'"),
    ({'top.widht': 640}, 'unknown parameter top.widht (did you mean top.width'),
    ({'top.calibration': 'none.yaml'}, "calibration 'none.yaml' cannot be read: No such file"),
    ({'top.calibration': 'top.avi'}, "camera top: calibration 'top.avi' is no file"),
])
def test_unusable_parameter_is_one_clear_line_and_a_bad_exit_code(graph, parameters, line):
    process = Watcher(graph, **parameters).process
    assert process.exit_code() == 1
    assert line in process.output
    assert 'Traceback' not in process.output


@pytest.mark.parametrize('how', [signal.SIGINT, signal.SIGTERM])
def test_node_ends_cleanly_while_cameras_run(graph, how):
    cameras = Watcher(graph, **{'front.source': '/dev/video97'})
    cameras.until(lambda: cameras.level('top') == DiagnosticStatus.OK, 'images')
    cameras.process.popen.send_signal(how)
    assert cameras.process.exit_code() == 0
    assert 'Traceback' not in cameras.process.output


def test_example_in_the_manual_fits_the_parameters():
    text = (ROOT / 'docs' / 'robots' / 'cameras.md').read_text()
    example = yaml.safe_load(re.search(r'```yaml\n(camera:.*?)```', text, re.DOTALL)[1])
    given = example['camera']['ros__parameters']
    cameras = build(NodeParams, {'cameras': given.pop('cameras')}).cameras
    assert cameras == tuple(given)
    for name, camera in given.items():
        build(CameraParams, camera, f'{name}.')
