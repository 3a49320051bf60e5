"""Bags of a robot with two joints and two cameras, written with rosbags."""

from pathlib import Path

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

ROOT = Path(__file__).parents[1]
NS = 1_000_000_000
STEP_NS = 50_000_000
PARAMS = """
/**:
  ros__parameters:
    autostart: true
    contract:
      control_rate: 20.0
      observations: [joints, gripper, head, wrist]
      joints: {topic: joint_states, type: sensor_msgs/msg/JointState, feature: state, names: [a, b]}
      gripper: {topic: joint_states, type: sensor_msgs/msg/JointState, feature: state, names: [g]}
      head: {topic: head/image_raw, type: sensor_msgs/msg/Image}
      wrist: {topic: wrist/image_raw/compressed, type: sensor_msgs/msg/CompressedImage, rotate: 90}
      actions: [a, b]
      action_units: [rad, rad]
"""


def _store():
    store = get_typestore(Stores.ROS2_HUMBLE)
    for name in ('ChunkRequest', 'BridgeStatus'):
        store.register(get_types_from_msg((ROOT / f'msg/{name}.msg').read_text(),
                                          f'segue/msg/{name}'))
    return store


STORE = _store()
TYPES = STORE.types


def params_file(folder):
    """The contract of the robot."""
    file = folder / 'contract.yaml'
    file.write_text(PARAMS)
    return file


def header(stamp_ns):
    time = TYPES['builtin_interfaces/msg/Time'](sec=stamp_ns // NS, nanosec=stamp_ns % NS)
    return TYPES['std_msgs/msg/Header'](stamp=time, frame_id='')


def joints(stamp_ns, **positions):
    return TYPES['sensor_msgs/msg/JointState'](
        header=header(stamp_ns), name=list(positions),
        position=np.array(list(positions.values()), dtype=np.float64),
        velocity=np.zeros(0), effort=np.zeros(0))


def raw_image(stamp_ns, pixels):
    height, width, _ = pixels.shape
    return TYPES['sensor_msgs/msg/Image'](
        header=header(stamp_ns), height=height, width=width, encoding='rgb8', is_bigendian=0,
        step=width * 3, data=pixels.ravel())


def jpeg_image(stamp_ns, pixels):
    encoded = cv2.imencode('.jpg', pixels[..., ::-1])[1]
    return TYPES['sensor_msgs/msg/CompressedImage'](header=header(stamp_ns), format='jpeg',
                                                    data=encoded.ravel())


def request(stamp_ns, session_id, task='', request_id=0):
    return TYPES['segue/msg/ChunkRequest'](
        header=header(stamp_ns), session_id=session_id, session_start=header(stamp_ns).stamp,
        request_id=request_id, timestep=0, task=task, must_go=True, queue_size=0,
        estimated_delay=0.0, deadline=TYPES['builtin_interfaces/msg/Duration'](sec=1, nanosec=0),
        names=['a', 'b'], prefix=np.zeros(0, np.float32))


def shade(step, size):
    """A grey image whose level tells the control step."""
    return np.full((*size, 3), 5 * step + 20, np.uint8)


def session(start, session_id, steps, task='put it', jitter_ns=0):
    """Records (time [ns], topic, message) of a session that begins at a control step."""
    began = start * STEP_NS + NS
    records = [(began - 1, '/chunk_request', request(began, session_id, task))]
    random = np.random.default_rng(start)
    for step in range(steps):
        stamp = began + step * STEP_NS + round(random.uniform(-1, 1) * jitter_ns)
        records += [
            (stamp, '/joint_states', joints(stamp, b=step / 10, a=float(step), g=0.5)),
            (stamp, '/head/image_raw', raw_image(stamp, shade(step, (48, 64)))),
            (stamp, '/wrist/image_raw/compressed', jpeg_image(stamp, shade(step, (32, 64)))),
            (stamp + 1, '/commanded_joint_states',
             joints(stamp, head=0.0, b=step / 10 + 0.05, a=step + 0.5))]
    return records


def write_bag(path, records):
    """A bag of records (time [ns], topic, message)."""
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connections = {}
        for time_ns, topic, msg in records:
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, msg.__msgtype__, typestore=STORE)
            writer.write(connections[topic], 10**18 + time_ns,
                         STORE.serialize_cdr(msg, msg.__msgtype__))
    return path
