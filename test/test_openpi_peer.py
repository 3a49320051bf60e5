"""openpi's own client package understands what we send and serve, where it is installed.

`pip install --no-deps openpi-client==0.1.2`
"""

import numpy as np
import pytest
import remote_helpers as h
from openpi_server import OpenpiServer, follow_state

from policy_node.policies.openpi import Params, create, wire
from policy_node.policies.remote import fit_image

WITHOUT = 'openpi-client is not installed'


@pytest.fixture
def their_arrays():
    return pytest.importorskip('openpi_client.msgpack_numpy', reason=WITHOUT)


@pytest.mark.filterwarnings('ignore:connect.. must be used:DeprecationWarning')
def test_their_client_and_our_policy_get_the_same_from_one_server(started):
    client = pytest.importorskip('openpi_client.websocket_client_policy', reason=WITHOUT)
    server = started(OpenpiServer())
    ours = started(create(h.config('openpi', Params(host='127.0.0.1', port=server.port))))
    chunk = h.infer(ours)
    theirs = client.WebsocketClientPolicy('127.0.0.1', server.port)
    assert theirs.get_server_metadata() == {'reset_pose': [0.0]}
    answer = theirs.infer(server.requests[0])
    assert np.array_equal(chunk.actions.astype(np.float32), answer['actions'][:h.ROWS])
    theirs._ws.close()


def test_they_read_what_we_pack(their_arrays):
    message = {'observation/image': h.image(3, 5), 'images': {'top': h.image(2, 2)},
               'observation/state': h.STATE.astype(np.float32), 'prompt': 'put it down'}
    np.testing.assert_equal(their_arrays.unpackb(wire.pack(message)), message)


def test_we_read_what_they_pack(their_arrays):
    message = {'actions': np.arange(6.0).reshape(2, 3), 'policy_timing': {'infer_ms': 3.5},
               'state': np.float32(2.5), 'text': np.array(['a', 'b'])}
    np.testing.assert_equal(wire.unpack(their_arrays.packb(message)), message)


@pytest.mark.parametrize('shape', [(480, 640), (224, 224), (128, 128), (720, 1280), (37, 91),
                                   (1000, 10), (333, 334)])
def test_images_are_those_of_their_client(shape):
    tools = pytest.importorskip('openpi_client.image_tools', reason=WITHOUT)
    image = h.image(*shape)
    assert np.array_equal(fit_image(image, 224, mirror=False),
                          tools.resize_with_pad(image, 224, 224))


def test_our_server_for_tests_answers_as_theirs_does(their_arrays, started):
    """The fake is honest: their packer, their keys."""
    server = started(OpenpiServer(answer=lambda request: their_arrays.packb(follow_state(request))))
    policy = started(create(h.config('openpi', Params(host='127.0.0.1', port=server.port))))
    assert h.infer(policy).actions.shape == (h.ROWS, len(h.NAMES))
