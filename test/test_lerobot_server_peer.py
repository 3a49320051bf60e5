"""The lerobot_server policy with LeRobot's own PolicyServer: its pickles, its checkpoint."""

from concurrent.futures import ThreadPoolExecutor

import lerobot_helpers as h
import numpy as np
import pytest

from policy_node.policies import lerobot, lerobot_server

pytestmark = [h.needs_lerobot, pytest.mark.filterwarnings('ignore')]


@pytest.fixture
def port(tmp_path, monkeypatch):
    """Of LeRobot's own server, in this process."""
    monkeypatch.chdir(tmp_path)     # it writes logs
    import grpc
    from lerobot.async_inference.configs import PolicyServerConfig
    from lerobot.async_inference.policy_server import PolicyServer
    from lerobot.transport import services_pb2_grpc
    server = grpc.server(ThreadPoolExecutor(4))
    services_pb2_grpc.add_AsyncInferenceServicer_to_server(PolicyServer(PolicyServerConfig()),
                                                           server)
    yield server.add_insecure_port('127.0.0.1:0'), server.start()
    server.stop(None).wait()


def test_chunk_over_the_wire_is_the_one_made_here(port, tmp_path, started):
    folder = h.act(tmp_path / 'pretrained_model')
    here = lerobot.create(h.config(folder))
    there = started(lerobot_server.create(h.config(folder, params=lerobot_server.Params(
        host='127.0.0.1', port=port[0], timeout=60.0, load_timeout=120.0,
        inputs=('front=observation.images.front', 'wrist=observation.images.wrist',
                'state=observation.state')))))
    for timestep in range(3):       # the state moves less than its similarity filter wants
        seen = h.observation(timestep)
        ours, theirs = (p.infer(seen, h.NOTHING, 0.0).actions for p in (here, there))
        assert np.array_equal(ours.astype(np.float32), theirs.astype(np.float32))
