"""Parameters of the GR00T policy, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``gr00t.*`` of policy_node. The defaults are those of an SO-101 arm."""

    host: str = param('localhost', 'Machine of the server.')
    port: int = param(5555, 'Port of the server.', low=1, high=65535)
    api_token: str = param('', 'Token that the server asks for. Empty: the environment variable '
                           'GR00T_API_TOKEN, which nobody can read from the graph.')
    timeout: float = param(2.0, 'How long one inference may take, connecting included.', unit='s',
                           low=0.01, high=600.0)
    command: tuple[str, ...] = param(
        (), 'Program and arguments that serve the model which config and checkpoint name, started '
        'and ended by policy_node: {port}, {config}, {checkpoint} and {device} are filled in, host '
        'and port are not used. Empty: a server that runs already.')
    load_timeout: float = param(10.0, 'How long loading waits for the server; with command it '
                                'loads its model meanwhile.', unit='s', low=0.01, high=3600.0)
    video: tuple[str, ...] = param(('front', 'wrist'), 'Images that the server gets: feature=key, '
                                   'or one word where both are the same.')
    state: tuple[str, ...] = param(('single_arm', 'gripper'), 'Vectors that the server gets: '
                                   'feature=key, or one word where both are the same.')
    language: str = param('annotation.human.task_description', 'Key of the instruction.')
    actions: tuple[str, ...] = param(
        ('single_arm', 'gripper'), "Keys of the server's answer; their columns, one key after the "
        'other, are contract.actions.')
    image_size: int = param(0, 'Images are resized to this width and height, padded with black; '
                            '0 leaves them as they are.', unit='px', low=0, high=4096)
    mirrored: tuple[str, ...] = param((), 'Image features that the model saw mirrored, left for '
                                      'right, in training.')
