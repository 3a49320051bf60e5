"""Actions of a session in a bag: what the robot was commanded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from policy_node.policies.replay.recording import Recording, RecordingError
from segue_core.bags import BagError, absolute, in_sessions, open_bag
from segue_core.contract import JOINT_STATE

NS = 1_000_000_000


def read_bag(path: Path, episode: int, topic: str) -> Recording:
    """Read the commands of one session.

    Args:
        path: Folder of a rosbag2 bag, or one of its files.
        episode: Which session, from 0.
        topic: Topic with the commands, a JointState with one 'joint' for each column.

    Raises:
        RecordingError: The bag cannot be read, or has no such topic or session.
    """
    topic = absolute(topic)
    times: list[int] = []
    rows: list[list[float]] = []
    names: tuple[str, ...] = ()
    sessions = 0
    try:
        with open_bag(path) as reader:
            if topic in reader.topics and reader.topics[topic].msgtype != JOINT_STATE:
                raise RecordingError(f'replay.topic {topic} must be a {JOINT_STATE}, the bag has '
                                     f'a {reader.topics[topic].msgtype}')
            for recorded in in_sessions(reader, [topic], topic.rpartition('/')[0]):
                sessions = recorded.episode + 1
                if recorded.episode != episode:
                    continue
                msg = recorded.message
                names = names or tuple(msg.name)
                if tuple(msg.name) != names:
                    raise RecordingError(f'{path}: the columns of {topic} change from '
                                         f'{list(names)} to {list(msg.name)}')
                times.append(msg.header.stamp.sec * NS + msg.header.stamp.nanosec)
                rows.append(msg.position)
    except BagError as error:
        raise RecordingError(str(error)) from error
    if not rows:
        raise RecordingError(f'{path} has {sessions} sessions with commands, no session {episode}: '
                             'set replay.episode')
    kept = np.flatnonzero(np.diff(times, prepend=times[0] - 1) > 0)
    return Recording(f'session {episode} of {path}', names, (), np.array(times)[kept],
                     np.array(rows, dtype=np.float64)[kept])
