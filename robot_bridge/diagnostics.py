"""BridgeStatus for operators: an entry on /diagnostics and one line of text."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from segue.msg import BridgeStatus

STATE_NAMES = {getattr(BridgeStatus, name): name for name in (
    'IDLE', 'READY', 'RUNNING', 'STARVED', 'HOLDING', 'FAULT', 'E_STOPPED')}
LEVELS = {
    BridgeStatus.STARVED: DiagnosticStatus.WARN, BridgeStatus.HOLDING: DiagnosticStatus.WARN,
    BridgeStatus.FAULT: DiagnosticStatus.ERROR, BridgeStatus.E_STOPPED: DiagnosticStatus.ERROR,
}
SHOWN = ('session_id', 'aggregation', 'timestep', 'queue_size', 'horizon', 'rate',
         'estimated_delay', 'delay_p50', 'delay_p99', 'round_trip_p50', 'round_trip_p99',
         'requests', 'chunks', 'refused_chunks', 'lost_requests', 'late_rows', 'starved_ticks',
         'seam_jump', 'last_refusal', 'last_fault')


def summary(status: BridgeStatus) -> str:
    """One line that says how the bridge does."""
    return (f'{STATE_NAMES[status.state]} step {status.timestep}, queue {status.queue_size}/'
            f'{status.horizon}, delay p50 {status.delay_p50:.1f} p99 {status.delay_p99:.1f} steps, '
            f'{status.chunks}/{status.requests} chunks, {status.starved_ticks} starved, '
            f'{status.refused_chunks} refused, seam {status.seam_jump:.3g}')


def diagnostics(status: BridgeStatus, name: str) -> DiagnosticArray:
    """The bridge's entry on /diagnostics.

    Args:
        status: What the bridge does.
        name: Fully qualified name of the node.
    """
    values = [KeyValue(key=key, value=_text(getattr(status, key))) for key in SHOWN]
    entry = DiagnosticStatus(
        level=LEVELS.get(status.state, DiagnosticStatus.OK), name=f'{name.lstrip("/")}: chunks',
        message=status.last_fault if status.state in LEVELS and status.last_fault
        else STATE_NAMES[status.state].lower(), hardware_id=status.driver, values=values)
    array = DiagnosticArray(status=[entry])
    array.header.stamp = status.header.stamp
    return array


def _text(value: object) -> str:
    return f'{value:.6g}' if isinstance(value, float) else str(value)
