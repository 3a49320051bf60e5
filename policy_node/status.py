"""How policy_node does: entries on /diagnostics, a line in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from policy_node.server import PolicyServer
from policy_node.tally import Figures, Tally


def diagnostics(tally: Tally, server: PolicyServer, alive: int, stamp: Time, name: str,
                gateway: Mapping[str, object] | None = None) -> DiagnosticArray:
    """What is on /diagnostics: the policy, and each robot if there are several.

    An entry is ok after a chunk and an error after a refused request.

    Args:
        tally: What was counted.
        server: What answers.
        alive: How many robots asked lately.
        stamp: Now.
        name: Fully qualified name of the node.
        gateway: What the gateway counted; None without one.
    """
    name, policy, figures = name.lstrip('/'), server.policy, tally.figures()
    shown = {
        'policy': policy.metadata.name if policy else '', 'device': server.config.device,
        'robots_alive': alive, **asdict(figures.counts), 'batches': figures.batches,
        'mean_batch_size': figures.mean_batch_size,
        'inference_p50 [ms]': figures.inference_p50_ms,
        'inference_p99 [ms]': figures.inference_p99_ms,
        'wait_p50 [ms]': figures.wait_p50_ms, 'wait_p99 [ms]': figures.wait_p99_ms,
        **_subtasks(server),
        **{f'{part} [s]': took for part, took in server.timings.items()}}
    failure = server.subtasks.figures().last_failure
    warning = (f'the subtask could not be refreshed: {failure}' if failure else
               server.doubt if policy else 'no policy is loaded')
    entries = [_entry(f'{name}: policy', shown, figures.counts.last_refusal, warning)]
    if len(tally.robots) > 1:
        entries += [_entry(f'{name}: robot {robot}', asdict(counts), counts.last_refusal)
                    for robot, counts in tally.robots.items()]
    if gateway is not None:     # a client's mistakes are not this node's
        entries.append(_entry(f'{name}: gateway', dict(gateway), ''))
    array = DiagnosticArray(status=entries)
    array.header.stamp = stamp
    return array


def summary(figures: Figures, alive: int) -> str:
    """One line that says how policy_node does."""
    c = figures.counts
    return (f'{alive} robots alive, {c.chunks}/{c.requests} chunks, {c.refusals} refused, '
            f'{c.replaced} replaced, inference p50 {figures.inference_p50_ms:.1f} '
            f'p99 {figures.inference_p99_ms:.1f} ms, batch {figures.mean_batch_size:.1f}, '
            f'wait p50 {figures.wait_p50_ms:.1f} p99 {figures.wait_p99_ms:.1f} ms')


def _subtasks(server: PolicyServer) -> dict[str, object]:
    """What was counted of subtasks; nothing while there are none."""
    f = server.subtasks.figures()
    if not (f.decoded or f.failures):
        return {}
    return {'subtasks': f.decoded, 'subtasks_early': f.early, 'early_reason': f.early_reason,
            'subtask_failures': f.failures, 'last_subtask_failure': f.last_failure,
            'subtask_decoding [ms]': f.decoding_ms, 'gate_wait_p99 [ms]': f.gate_wait_p99_ms}


def _entry(name: str, shown: dict[str, object], error: str, warning: str = ''
           ) -> DiagnosticStatus:
    level = (DiagnosticStatus.ERROR if error else
             DiagnosticStatus.WARN if warning else DiagnosticStatus.OK)
    return DiagnosticStatus(
        level=level, name=name, message=error or warning or 'ok',
        values=[KeyValue(key=key, value=_text(value)) for key, value in shown.items()])


def _text(value: object) -> str:
    return f'{value:.6g}' if isinstance(value, float) else str(value)
