"""Parameters of policy_node, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyParams:
    """Parameters of policy_node; the contract's are in `segue_core.contract`."""

    autostart: bool = param(False, 'Configure and activate at start, without a manager.')
    policy: str = param('', 'Kind of policy to load: expert, reference, openpi, gr00t, or '
                        'package.module:attribute. Empty: start idle and wait for ~/load_policy.')
    config: str = param('', "The policy's own configuration name.")
    checkpoint: str = param('', 'Directory or file with weights; package://<package>/<path> for '
                            'one that comes with a package.')
    device: str = param('cpu', 'Where to run: cpu, cuda, cuda:0.')
    prompt: str = param('', 'Task instruction when neither the topic `task` nor the request has '
                        'one.', dynamic=True)
    actions_per_chunk: int = param(16, 'Rows of a chunk.', unit='control steps', low=1, high=1000)
    max_observation_age: float = param(
        0.2, 'How much older than the instant asked for a sample may be; 0 in lockstep.',
        unit='s', low=0.0, high=60.0)
    observation_timeout: float = param(
        2.0, 'How long to wait for the samples of a request before refusing it.', unit='s',
        low=0.0, high=600.0)
