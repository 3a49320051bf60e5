"""How the bridge does: BridgeStatus, an entry on /diagnostics, a line in the log."""

from __future__ import annotations

import time
from collections.abc import Iterable

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.qos import QoSProfile
from segue.msg import BridgeStatus

from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import DeviceHealth, Level, Monitored
from robot_bridge.parameters import BridgeParams
from segue_core.ros_messages import time_to_msg

STILL_PERIOD_NS = 1_000_000_000
"""How often status is published while a lockstep world stands still [ns, wall]."""
STATE_NAMES = {getattr(BridgeStatus, name): name for name in (
    'IDLE', 'READY', 'RUNNING', 'STARVED', 'HOLDING', 'FAULT', 'E_STOPPED', 'APPROACHING')}
LEVELS = {
    BridgeStatus.STARVED: DiagnosticStatus.WARN, BridgeStatus.HOLDING: DiagnosticStatus.WARN,
    BridgeStatus.FAULT: DiagnosticStatus.ERROR, BridgeStatus.E_STOPPED: DiagnosticStatus.ERROR,
}
DEVICE_LEVELS = {Level.OK: DiagnosticStatus.OK, Level.WARN: DiagnosticStatus.WARN,
                 Level.ERROR: DiagnosticStatus.ERROR}
SHOWN = ('session_id', 'aggregation', 'timestep', 'queue_size', 'horizon', 'rate',
         'estimated_delay', 'delay_p50', 'delay_p99', 'round_trip_p50', 'round_trip_p99',
         'requests', 'chunks', 'refused_chunks', 'lost_requests', 'late_rows',
         'broken_prefixes', 'starved_ticks', 'seam_jump', 'last_refusal', 'last_fault')


class StatusPublisher:
    """Publishes ``bridge_status`` and ``/diagnostics`` at the status rate of the bridge's clock.

    What is due is on a grid, and may be published half a period early: whoever calls once a period
    is sometimes a hair early, and would else be heard only every second time.

    Args:
        node: Owner of the publishers.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._status = node.create_publisher(BridgeStatus, 'bridge_status', QoSProfile(depth=10))
        self._diagnostics = node.create_publisher(DiagnosticArray, '/diagnostics',
                                                  QoSProfile(depth=10))
        self._stamp_ns = self._due_ns = self._wall_ns = self._ticks = 0

    def count_tick(self) -> None:
        """A control tick was done; the rate is measured from these."""
        self._ticks += 1

    def publish(self, loop: ControlLoop, params: BridgeParams, stamp_ns: int, *,
                force: bool = False) -> None:
        """Publish when due.

        Args:
            loop: What to tell of.
            params: Status rate, names and summary period.
            stamp_ns: Now [ns, the bridge's clock].
            force: Publish even if not due.
        """
        wall, passed = time.monotonic_ns(), stamp_ns - self._stamp_ns
        period = round(1e9 / params.status_rate)
        early = self._due_ns - stamp_ns
        if not (force or early <= period // 2 or wall - self._wall_ns >= STILL_PERIOD_NS):
            return
        on_grid = abs(early) <= period // 2
        self._due_ns = (self._due_ns if on_grid else stamp_ns) + period
        rate = self._ticks / (passed / 1e9) if passed > 0 else 0.0
        self._stamp_ns, self._wall_ns, self._ticks = stamp_ns, wall, 0
        status = status_msg(loop, time_to_msg(stamp_ns), driver=params.driver,
                            aggregation=params.aggregate_fn_name, rate=rate)
        status.chunk_size_threshold = params.chunk_size_threshold
        status.lockstep = params.lockstep
        status.inference_delay = max(params.delays)
        self._status.publish(status)
        driver = loop.driver
        self._diagnostics.publish(diagnostics(
            status, self._node.get_fully_qualified_name(),
            driver.health() if isinstance(driver, Monitored) else ()))
        if params.summary_period:
            self._node.get_logger().info(summary(status),
                                         throttle_duration_sec=params.summary_period)


def status_msg(loop: ControlLoop, stamp: Time, *, driver: str, aggregation: str, rate: float
               ) -> BridgeStatus:
    """What the bridge does now."""
    stream, c, buffer = loop.stream, loop.stream.counters, loop.stream.buffer
    msg = BridgeStatus(
        state=int(loop.state), session_id=stream.session_id, driver=driver,
        aggregation=aggregation, timestep=buffer.timestep, queue_size=len(buffer),
        horizon=buffer.horizon, rate=rate, estimated_delay=stream.delay_steps.estimate,
        delay_p50=stream.delay_steps.percentile(50), delay_p99=stream.delay_steps.percentile(99),
        round_trip_p50=stream.round_trip_ns.percentile(50) / 1e9,
        round_trip_p99=stream.round_trip_ns.percentile(99) / 1e9,
        requests=c.requests, chunks=c.chunks, refused_chunks=c.refused_chunks,
        lost_requests=c.lost_requests, late_rows=c.late_rows, merged_rows=c.merged_rows,
        broken_prefixes=c.broken_prefixes, expired_rows=c.expired_rows,
        starved_ticks=c.starved_ticks, seam_jump=c.seam_jump, last_refusal=c.last_refusal,
        active_limits=list(loop.shaper.active_limits), last_fault=loop.last_fault)
    msg.header.stamp = stamp
    return msg


def summary(status: BridgeStatus) -> str:
    """One line that says how the bridge does."""
    return (f'{STATE_NAMES[status.state]} step {status.timestep}, queue {status.queue_size}/'
            f'{status.horizon}, delay p50 {status.delay_p50:.1f} p99 {status.delay_p99:.1f} steps, '
            f'{status.chunks}/{status.requests} chunks, {status.starved_ticks} starved, '
            f'{status.refused_chunks} refused, seam {status.seam_jump:.3g}')


def diagnostics(status: BridgeStatus, name: str, health: Iterable[DeviceHealth] = ()
                ) -> DiagnosticArray:
    """The bridge's entry on /diagnostics, and one for each part of the robot.

    Args:
        status: What the bridge does.
        name: Fully qualified name of the node.
        health: Of the parts of the robot.
    """
    values = [KeyValue(key=key, value=_text(getattr(status, key))) for key in SHOWN]
    entry = DiagnosticStatus(
        level=LEVELS.get(status.state, DiagnosticStatus.OK), name=f'{name.lstrip("/")}: chunks',
        message=status.last_fault if status.state in LEVELS and status.last_fault
        else STATE_NAMES[status.state].lower(), hardware_id=status.driver, values=values)
    array = DiagnosticArray(status=[entry, *(
        DiagnosticStatus(level=DEVICE_LEVELS[part.level], name=f'{name.lstrip("/")}: {part.name}',
                         message=part.message, hardware_id=status.driver,
                         values=[KeyValue(key=k, value=v) for k, v in part.values.items()])
        for part in health)])
    array.header.stamp = status.header.stamp
    return array


def _text(value: object) -> str:
    return f'{value:.6g}' if isinstance(value, float) else str(value)
