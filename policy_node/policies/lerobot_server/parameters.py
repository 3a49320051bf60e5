"""Parameters of the lerobot_server policy, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``lerobot_server.*`` of policy_node."""

    host: str = param('localhost', 'Machine of the server. Only one that you trust.')
    port: int = param(8080, 'Port of the server.', low=1, high=65535)
    timeout: float = param(2.0, 'How long one inference may take, connecting included.', unit='s',
                           low=0.01, high=600.0)
    load_timeout: float = param(120.0, 'How long the server may take to be there and load the '
                                'checkpoint.', unit='s', low=0.01, high=3600.0)
    policy_type: str = param('act', "Kind of the checkpoint: the server's policy_type.")
    inputs: tuple[str, ...] = param(
        ('front=observation.images.front', 'state=observation.state'),
        'What the server gets: feature=key. The keys are those of the checkpoint: '
        'observation.state, and observation.images.<name> for each of its cameras.')
