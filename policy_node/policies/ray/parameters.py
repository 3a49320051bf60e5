"""Parameters of the ray policy, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``ray.*`` of policy_node."""

    url: str = param('http://127.0.0.1:8000/segue', 'Where the application is: a proxy of Ray '
                     'Serve, then the route of the application. https:// for TLS.')
    token: str = param('', 'Token that the application asks for. Empty: the environment variable '
                       'SEGUE_RAY_TOKEN, which nobody can read from the graph.')
    timeout: float = param(2.0, 'How long one inference may take, connecting and waiting for '
                           'others included.', unit='s', low=0.01, high=600.0)
    load_timeout: float = param(10.0, 'How long loading waits for the application.', unit='s',
                                low=0.01, high=600.0)
    jpeg_quality: int = param(0, 'Images are sent as JPEG of this quality; 0 sends them as they '
                              'are, so that nothing is lost.', low=0, high=100)
