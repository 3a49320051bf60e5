"""ROS shell of the session log: listens to a run, writes what happened, disturbs nobody."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosidl_runtime_py.utilities import get_message
from segue.msg import ActionChunk, BridgeStatus, ChunkRequest
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from policy_node.decode import decode
from segue_core.contract import COMPRESSED_IMAGE, VECTOR_DEPTH, Input
from segue_core.parameters import ParameterError
from segue_core.ros_messages import to_ns
from segue_core.ros_node import LATCHED_QOS, run, steady_timer
from segue_core.ros_parameters import ParameterTables
from segue_recording.session_log.folder import ImageSettings
from segue_recording.session_log.follow import Asked, Follower
from segue_recording.session_log.frame import Unusable
from segue_recording.session_log.parameters import SessionLogParams
from segue_recording.session_log.worker import Counts, Limits, LogWorker
from segue_recording.views import column_names, state_inputs

DRAIN_PERIOD = 0.05
"""How often frames are handed to the writing thread [s]."""
DIAGNOSTIC_PERIOD = 1.0
"""Time between two entries on /diagnostics [s]."""
RELIABLE = QoSProfile(depth=VECTOR_DEPTH)
"""Deep, as what is heard of inputs: a log may be late, but lose nothing in a moment without CPU."""
STATUS = ('state', 'timestep', 'queue_size', 'horizon', 'starved_ticks', 'late_rows',
          'seam_jump')
DRIVEN = (BridgeStatus.RUNNING, BridgeStatus.STARVED)
"""States in which the robot is commanded in each of the bridge's periods."""
MODEL = ('policy', 'config', 'checkpoint')
"""What `policy_status` tells of the model that is loaded."""
JPEG = b'\xff\xd8\xff'
"""How a JPEG begins."""


class SessionLogger(Node):
    """Writes a folder for each session of a bridge, in the format of docs/recording.md."""

    def __init__(self) -> None:
        super().__init__('session_logger', automatically_declare_parameters_from_overrides=True)
        tables = ParameterTables(self)
        self._params = p = tables.declare(SessionLogParams)
        self._contract = tables.declare_contract()
        tables.refuse_unknown(('autostart',))
        self._bridge: BridgeStatus | None = None
        self._policy: Mapping[str, str] = {}
        self._follower = Follower(self._contract, keep, round(p.max_observation_age * 1e9),
                                  self._describe)
        self._worker: LogWorker | None = None
        self._told = Counts()
        if p.enable_logging:
            self._worker = LogWorker(
                _writable(Path(p.log_dir)), Limits(
                    p.queue_size, round(p.max_size * 1e9), round(p.min_free * 1e9)),
                ImageSettings(p.save_images, p.image_quality))
            self._listen()
            self.get_logger().info(f'logging sessions to {p.log_dir}')
        else:
            self.get_logger().info('enable_logging is false: nothing is logged')

    def close(self) -> None:
        """Write what is queued and complete the metadata."""
        if self._worker:
            self._follower.session('')
            self._drain()
            self._worker.close()
            self._warn()

    def _listen(self) -> None:
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics',
                                                  QoSProfile(depth=10))
        for i in self._follower.inputs:
            self.create_subscription(get_message(i.type), i.topic, partial(self._on_sample, i),
                                     QoSProfile(depth=i.depth,
                                                reliability=ReliabilityPolicy.BEST_EFFORT))
        for kind, topic, callback, qos in (
                (JointState, 'commanded_joint_states', self._on_command, RELIABLE),
                (ChunkRequest, 'chunk_request', self._on_request, RELIABLE),
                (ActionChunk, 'action_chunk', self._on_chunk, RELIABLE),
                (BridgeStatus, 'bridge_status', self._on_status, RELIABLE),
                (DiagnosticStatus, 'policy_status', self._on_policy, LATCHED_QOS),
                (String, 'task', self._on_task, LATCHED_QOS)):
            self.create_subscription(kind, topic, callback, qos)
        steady_timer(self, DRAIN_PERIOD, self._drain)
        steady_timer(self, DIAGNOSTIC_PERIOD, self._tell)

    # ---- what is heard ----
    def _on_sample(self, i: Input, msg: Any) -> None:
        self._follower.sample(i.name, to_ns(msg.header.stamp), msg)

    def _on_command(self, msg: JointState) -> None:
        self._follower.command(dict(zip(msg.name, msg.position, strict=False)),
                               to_ns(msg.header.stamp), time.monotonic_ns(), time.time())

    def _on_request(self, msg: ChunkRequest) -> None:
        self._see(msg.session_id)
        self._follower.request(Asked(msg.request_id, to_ns(msg.header.stamp),
                                     time.monotonic_ns(), msg.task))

    def _on_chunk(self, msg: ActionChunk) -> None:
        columns = len(msg.names) or 1
        rows = [list(msg.actions[k:k + columns]) for k in range(0, len(msg.actions), columns)]
        self._follower.chunk(msg.request_id, time.monotonic_ns(), {
            'request_id': msg.request_id, 'first_timestep': msg.first_timestep,
            'names': list(msg.names), 'actions': rows, 'frozen_rows': msg.frozen_rows,
            'inference_ms': to_ns(msg.inference_time) / 1e6, 'subtask': msg.subtask,
            'error': msg.error, 'model': {name: self._policy.get(name, '') for name in MODEL}})

    def _on_status(self, msg: BridgeStatus) -> None:
        self._bridge = msg
        self._see(msg.session_id)
        self._follower.status({name: getattr(msg, name) for name in STATUS},
                              to_ns(msg.header.stamp), driven=msg.state in DRIVEN)

    def _on_policy(self, msg: DiagnosticStatus) -> None:
        self._policy = {v.key: v.value for v in msg.values}

    def _on_task(self, msg: String) -> None:
        self._follower.prompt = msg.data

    def _see(self, session_id: str) -> None:
        assert self._worker is not None
        if self._follower.session(session_id):
            self._drain()
            self._worker.end_session()

    # ---- what is made of it ----
    def _drain(self) -> None:
        assert self._worker is not None
        for frame in self._follower.take(time.monotonic_ns()):
            if isinstance(frame, Unusable):
                self._worker.drop(frame.session, frame.reason, frame.frames)
            else:
                self._worker.put(frame)

    def _describe(self) -> dict[str, Any]:
        """Metadata of a session, as far as it is known now; called on the writing thread."""
        bridge, policy, contract = self._bridge, self._policy, self._contract
        config: dict[str, Any] = {
            'control_freq': round(1e9 / contract.step_ns, 6), 'use_chunk': True,
            'n_action_steps': int(policy.get('horizon') or 0) or None,
            'policy': policy.get('policy') or None,
            'state_names': list(column_names(state_inputs(contract))),
            'action_names': list(contract.action_names),
            'action_units': list(contract.action_units)}
        if bridge is not None:
            config |= {'driver': bridge.driver, 'aggregate_fn_name': bridge.aggregation,
                       'chunk_size_threshold': round(bridge.chunk_size_threshold, 6),
                       'lockstep': bridge.lockstep}
        return {'config_name': policy.get('config') or None,
                'checkpoint_dir': policy.get('checkpoint') or None,
                'default_prompt': self._follower.prompt or None, 'config': config}

    def _tell(self) -> None:
        """Report on /diagnostics, and new drops in the log."""
        assert self._worker is not None
        counts, dropping = self._worker.counts, self._warn()
        values = {'written': counts.written, 'dropped': counts.dropped, 'queued': counts.queued,
                  'folder': counts.folder, 'last reason': counts.reason}
        array = DiagnosticArray(status=[DiagnosticStatus(
            level=DiagnosticStatus.WARN if dropping else DiagnosticStatus.OK,
            name=f'{self.get_fully_qualified_name().lstrip("/")}: session log',
            message=counts.reason if dropping else 'ok',
            values=[KeyValue(key=k, value=str(v)) for k, v in values.items()])])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)

    def _warn(self) -> bool:
        """Say what was dropped since the last time; whether anything was."""
        assert self._worker is not None
        counts, told = self._worker.counts, self._told
        self._told = counts
        dropped = counts.dropped - told.dropped
        if dropped:
            self.get_logger().warning(f'{dropped} frames were not logged: {counts.reason}')
        if counts.unfinished > told.unfinished:
            self.get_logger().warning(f'metadata.json of {counts.unfinished} sessions have no end: '
                                      f'{counts.reason}')
        return dropped > 0


def keep(i: Input, msg: Any) -> Any:
    """Value of an input as the log keeps it: a JPEG that need not be turned stays as it came."""
    if i.type == COMPRESSED_IMAGE and not i.rotate:
        data = bytes(msg.data)
        if data.startswith(JPEG):
            return data
    return decode(i, msg)


def _writable(folder: Path) -> Path:
    """Make the folder now: a run without its log is found out too late."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / '.session_logger'
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ParameterError(f'log_dir {str(folder)!r} cannot be written: {error.strerror}; '
                             'choose another, or set enable_logging to false') from error
    return folder


def main(args: list[str] | None = None) -> int:
    """Run session_logger."""
    return run(SessionLogger, args, (ParameterError,))
