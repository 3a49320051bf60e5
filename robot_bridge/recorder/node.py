"""ROS shell of the recorder: watches a run, tells how it goes, writes the report, ends."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cv_bridge import CvBridge
from rclpy.node import Node
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from segue.msg import BridgeStatus, Episode, Subtask
from sensor_msgs.msg import Image

from robot_bridge.recorder.report import EpisodeRecord, Trace, table, write_report
from segue_core.parameters import ParameterError, param
from segue_core.ros_messages import to_ns
from segue_core.ros_node import EPISODE_QOS, LATCHED_QOS, NodeEnd, run
from segue_core.ros_parameters import ParameterTables


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderParams:
    """Parameters of episode_recorder."""

    report_dir: str = param('report', 'Folder for the report.')
    camera: str = param('agentview', 'Camera that is filmed.')
    filmed_episodes: int = param(3, 'How many episodes are filmed, the first ones.', low=0,
                                 high=1000)
    progress_period: float = param(3.0, 'Time between progress lines.', unit='s', low=0.1,
                                   high=3600.0)


class EpisodeRecorder(Node):
    """Listens to episodes, status, subtasks and one camera until the last episode is done."""

    def __init__(self) -> None:
        super().__init__('episode_recorder', automatically_declare_parameters_from_overrides=True)
        tables = ParameterTables(self)
        self._params = tables.declare(RecorderParams)
        tables.refuse_unknown()
        self._folder = _writable(Path(self._params.report_dir))
        self._images = CvBridge()
        self._episodes: list[EpisodeRecord] = []
        self._traces: list[Trace] = []
        self._current: Episode | None = None
        self._settings: dict[str, str | float | int] = {}
        self._told = 0.0
        self.create_subscription(Episode, 'episode', self._on_episode, EPISODE_QOS)
        self.create_subscription(BridgeStatus, 'bridge_status', self._on_status,
                                 QoSProfile(depth=100))
        self.create_subscription(Subtask, 'subtask', self._on_subtask, LATCHED_QOS)
        self.create_subscription(Image, f'{self._params.camera}/image_raw', self._on_image,
                                 qos_profile_sensor_data)

    def close(self) -> None:
        """Write what there is when the run was cut short."""
        if self._episodes:
            self._write()

    def _on_episode(self, msg: Episode) -> None:
        if not msg.done:
            self._current = msg
            self._traces.append(Trace())
            _tell(f'episode {msg.number + 1}/{msg.total}: {msg.suite}[{msg.task_id}] '
                  f'"{msg.task}", initial state {msg.init_state}')
            return
        if self._current is None or self._current.session_id != msg.session_id:
            return
        self._current = None
        self._episodes.append(_record(msg))
        _tell(f'episode {msg.number + 1}/{msg.total}: '
              f'{"success" if msg.success else msg.abort_reason or "no success"} after '
              f'{msg.steps} steps')
        if msg.number + 1 == msg.total:
            raise NodeEnd(0)

    def _on_status(self, msg: BridgeStatus) -> None:
        if msg.state == BridgeStatus.FAULT:
            self.get_logger().error(f'the run was aborted: {msg.last_fault}')
            raise NodeEnd(1)
        if self._current is None or msg.session_id != self._current.session_id:
            return
        trace = self._traces[-1]
        level = msg.queue_size / msg.horizon if msg.horizon else 0.0
        trace.times.append(self._since_start(msg))
        trace.levels.append(level)
        trace.starved.append(msg.starved_ticks)
        self._settings = {
            'driver': msg.driver, 'aggregation': msg.aggregation, 'horizon': msg.horizon,
            'chunk_size_threshold': round(msg.chunk_size_threshold, 6), 'lockstep': msg.lockstep,
            'inference_delay': msg.inference_delay}
        if time.monotonic() - self._told > self._params.progress_period:
            self._told = time.monotonic()
            _tell(f'episode {self._current.number + 1}/{self._current.total}: step '
                  f'{msg.timestep}, queue {msg.queue_size}/{msg.horizon}, {msg.chunks} chunks, '
                  f'{msg.starved_ticks} starved, delay p50 {msg.delay_p50:.1f} steps')

    def _on_subtask(self, msg: Subtask) -> None:
        if self._current is None or msg.session_id != self._current.session_id:
            return
        told = self._traces[-1].subtasks
        if not told or told[-1][1] != msg.text:
            when = self._since_start(msg)
            told.append((when, msg.text))
            _tell(f'episode {self._current.number + 1}/{self._current.total}: {when:.1f} s, '
                  f'subtask: {msg.text}')

    def _on_image(self, msg: Image) -> None:
        if self._current is None or self._current.number >= self._params.filmed_episodes:
            return
        when = self._since_start(msg)
        frames = self._traces[-1].frames
        if when >= 0 and (not frames or when > frames[-1][0]):
            frames.append((when, self._images.imgmsg_to_cv2(msg, 'rgb8').copy()))

    def _since_start(self, msg: BridgeStatus | Image | Subtask) -> float:
        assert self._current is not None
        return (to_ns(msg.header.stamp) - to_ns(self._current.header.stamp)) / 1e9

    def _write(self) -> None:
        successes = sum(e.success for e in self._episodes)
        _tell(f'\n{table(self._episodes)}\n\nsuccess {successes} of {len(self._episodes)}')
        files = write_report(self._folder, self._episodes, self._traces[:len(self._episodes)],
                             self._settings)
        _tell(f'report: {", ".join(map(str, files))}')


_tell = partial(print, flush=True)


def _writable(folder: Path) -> Path:
    """Make the report's folder now: after a long run it would be too late to find it read-only."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / 'metrics.json').touch()
    except OSError as error:
        raise ParameterError(f'report_dir {str(folder)!r} cannot be written: {error.strerror}; '
                             'choose another') from error
    return folder


def _record(msg: Episode) -> EpisodeRecord:
    same = ('suite', 'task_id', 'task', 'init_state', 'success', 'abort_reason', 'steps',
            'requests', 'chunks', 'refused_chunks', 'starved_ticks', 'queue_level', 'delay_p50',
            'delay_p99', 'seam_jump_mean')
    return EpisodeRecord(**{name: getattr(msg, name) for name in same},
                         sim_time=to_ns(msg.sim_time) / 1e9, wall_time=to_ns(msg.wall_time) / 1e9)


def main(args: list[str] | None = None) -> int:
    """Run episode_recorder."""
    return run(EpisodeRecorder, args, (ParameterError,))
