"""Parameters of the openpi policy, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``openpi.*`` of policy_node. The defaults are those of openpi's LIBERO models."""

    host: str = param('localhost', 'Machine of the server; wss://machine for TLS.')
    port: int = param(8000, 'Port of the server.', low=1, high=65535)
    api_key: str = param('', 'Key that a gateway before the server asks for. Empty: the '
                         'environment variable OPENPI_API_KEY, which nobody can read from the '
                         'graph.')
    timeout: float = param(2.0, 'How long one inference may take, connecting included.', unit='s',
                           low=0.01, high=600.0)
    command: tuple[str, ...] = param(
        (), 'Program and arguments that serve the model which config and checkpoint name, started '
        'and ended by policy_node: {port}, {config}, {checkpoint} and {device} are filled in, host '
        'and port are not used. Empty: a server that runs already.')
    load_timeout: float = param(10.0, 'How long loading waits for the server; with command it '
                                'loads its model meanwhile.', unit='s', low=0.01, high=3600.0)
    inputs: tuple[str, ...] = param(
        ('agentview=observation/image', 'wrist=observation/wrist_image',
         'state=observation/state'),
        "What the server gets: feature=key. A dot in a key means a dictionary within: "
        'top=images.cam_high.')
    prompt_key: str = param('prompt', 'Key of the instruction; empty sends none.')
    image_size: int = param(224, 'Images are resized to this width and height, padded with black; '
                            '0 leaves them as they are.', unit='px', low=0, high=4096)
    mirrored: tuple[str, ...] = param((), 'Image features that the model saw mirrored, left for '
                                      'right, in training.')
    channels_first: bool = param(False, 'Send images as (3, height, width), as the Aloha models '
                                 'want them.')
