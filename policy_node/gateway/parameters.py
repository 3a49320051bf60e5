"""Parameters of the gateway, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import ParameterError, param

PORT = 8000
"""Where openpi's clients look for a server."""
OPEN_DOC = 'TCP port of the gateway; 0 keeps it closed.'


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``gateway.*`` of policy_node."""

    host: str = param('127.0.0.1', 'Address to listen at; 0.0.0.0 opens it to the network.')
    port: int = param(0, OPEN_DOC, low=0, high=65535)
    token: str = param('', 'What clients must send as "Authorization: Api-Key" or "Bearer". Empty: '
                       'the environment variable SEGUE_GATEWAY_TOKEN, which nobody can read from '
                       'the graph; without both, none is asked for.')
    tls_certificate: str = param('', 'PEM file with the certificate chain; together with '
                                 'gateway.tls_key clients use wss:// and https://.')
    tls_key: str = param('', 'PEM file with the private key of the certificate.')
    allowed_origins: tuple[str, ...] = param(
        (), 'Web sites whose pages may connect, such as https://lab.example; pages that the '
        'gateway itself serves always may, programs that are no browser as well.')
    allow_prompt: bool = param(
        True, 'Let people at the page give robots a prompt. At an address that other machines can '
        'reach they need a token even so.')
    rename_map: tuple[str, ...] = param(
        (), "Which of the client's names feeds which feature of the policy: name=feature. A dot "
        'means a dictionary within: images.cam_high=top.')
    state_feature: str = param('state', 'Feature that the field `state` of a request feeds.')
    max_message_bytes: int = param(16_777_216, 'Longest message taken.', unit='bytes', low=1024,
                                   high=1_073_741_824)
    max_message_pixels: int = param(
        25_165_824, 'Pixels of the images of one message together; checked before they are '
        'decoded.', unit='px', low=1, high=1_073_741_824)
    max_clients: int = param(256, 'Connections at a time.', low=1, high=10_000)
    max_requests: int = param(16, 'Requests in one message.', low=1, high=256)
    rate_limit: float = param(200.0, 'Requests that one connection may make per second, in the '
                              'long run; one second of them at once.', unit='Hz', low=0.01,
                              high=100_000.0)
    request_timeout: float = param(30.0, 'How long a request may take, from its last byte on.',
                                   unit='s', low=0.01, high=3600.0)
    send_timeout: float = param(5.0, 'How long a client may take to read a message before it is '
                                'disconnected.', unit='s', low=0.01, high=600.0)
    send_queue: int = param(8, 'Subtask refreshes that wait for a slow client; further ones are '
                            'dropped and counted.', low=1, high=1000)

    def __post_init__(self) -> None:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ParameterError('gateway.tls_certificate and gateway.tls_key are needed together, '
                                 f'got {self.tls_certificate!r} and {self.tls_key!r}')


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenParams(Params):
    """The same for ``ros2 run segue gateway``, which is there to be open."""

    port: int = param(PORT, OPEN_DOC, low=0, high=65535)
