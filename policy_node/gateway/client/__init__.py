"""Client of the gateway, for programs without ROS: needs numpy, pillow, websockets and msgpack.

    with Client('ws://127.0.0.1:8000') as client:
        answer = client.infer({'base_0_rgb': 'front.jpg'}, 'pick up the flashcard')
        print(answer.actions)       # rows of the next control steps

`AsyncClient` is the same for asyncio.
"""

from policy_node.gateway.client.asynchronous import AsyncClient
from policy_node.gateway.client.images import ImageError, load_image, random_image
from policy_node.gateway.client.plain import Client
from policy_node.gateway.client.values import (
    Answer,
    ClientError,
    Refresh,
    Refused,
    TimedOut,
    Unreachable,
)

__all__ = ['Answer', 'AsyncClient', 'Client', 'ClientError', 'ImageError', 'Refresh', 'Refused',
           'TimedOut', 'Unreachable', 'load_image', 'random_image']
