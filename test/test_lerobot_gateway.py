"""The gateway's gRPC server with a policy of the test behind it, and clients over loopback."""

from concurrent.futures import Future
from threading import Event

import grpc
import lerobot_client as c
import numpy as np
import pytest

from policy_node.lerobot_gateway.parameters import GatewayParams
from policy_node.lerobot_gateway.service import RobotService
from policy_node.lerobot_gateway.servicer import Server
from policy_node.lerobot_gateway.session import Refused
from segue_core.chunk import Chunk, ChunkError
from segue_core.contract import JOINT_STATE, Contract, Input
from segue_core.parameters import ParameterError

CONTRACT = Contract(50_000_000, (
    Input('state', 'joint_states', JOINT_STATE, 'state', c.JOINTS),), c.JOINTS, ('rad',) * 3)
ROWS = np.arange(12, dtype=np.float64).reshape(4, 3) / 8


class Log:
    def __init__(self):
        self.lines = []
        self.info = self.warning = self.lines.append


class Port:
    """A policy_node that does as it is told."""

    def __init__(self):
        self.asked, self.loads, self.missing = [], [], None
        self.on_ask = lambda request, answer: answer.set_result(chunk(request))
        self.arrived = Event()

    def now_ns(self):
        return len(self.asked)

    def loaded(self):
        return 'mock'

    def load(self, checkpoint, device, seconds):
        self.loads.append((checkpoint, device))

    def wait(self, seconds):
        if self.missing:
            raise Refused('FAILED_PRECONDITION', self.missing)

    def ask(self, sample, request):
        self.asked.append((sample, request))
        answer = Future()
        self.on_ask(request, answer)
        self.arrived.set()
        return answer


def chunk(request, rows=ROWS, names=c.JOINTS, units=('rad',) * 3):
    return Chunk(session_id=request.session_id, request_id=request.request_id, names=names,
                 units=units, stamp_ns=request.stamp_ns, first_timestep=request.timestep,
                 step_ns=50_000_000, actions=rows)


class World:
    def __init__(self, started, **params):
        self.port, self.log, self.started = Port(), Log(), started
        self.service = RobotService(CONTRACT, GatewayParams(**params), {}, self.port, self.log)
        self.server = started(Server(self.service, '127.0.0.1', 0, self.log.warning))

    def client(self):
        return self.started(c.Client(self.server.port))

    @property
    def said(self):
        return '\n'.join(self.log.lines)


@pytest.fixture
def world(started):
    return World(started)


def refused(code, words):
    return pytest.raises(grpc.RpcError, match=f'(?s)StatusCode.{code}.*{words}')


# ---- what a client gets ----
def test_actions_are_timed_as_lerobots_server_times_them(world):
    client = world.client().begin()
    client.observe(timestep=7, timestamp=100.0)
    actions = client.actions()
    assert [a.timestep for a in actions] == [7, 8, 9, 10]
    assert [a.timestamp for a in actions] == pytest.approx([100.0, 100.05, 100.1, 100.15])
    assert np.array_equal(c.rows_of(actions), ROWS)
    assert str(actions[0].action.dtype) == 'torch.float32'


def test_no_more_rows_than_the_client_wants(world):
    client = world.client().begin(c.config(rows=2))
    client.observe()
    assert np.array_equal(c.rows_of(client.actions()), ROWS[:2])


def test_columns_come_in_the_order_of_the_clients_state(world):
    client = world.client().begin(c.config(c.features(c.JOINTS[::-1])))
    client.observe()
    assert np.array_equal(c.rows_of(client.actions()), ROWS[:, ::-1])


def test_request_says_what_the_client_said(world):
    client = world.client().begin()
    client.observe(timestep=3, must_go=True)
    client.actions()
    sample, request = world.port.asked[0]
    assert (request.timestep, request.must_go, request.task) == (3, True, 'wave')
    assert (request.names, request.prefix.shape) == (c.JOINTS, (0, 3))
    assert sample.joints['joint_states']['joint_2'] == {'position': 0.25}


def test_observation_in_several_parts_is_joined(world):
    client = world.client().begin()
    data = c.dumps(c.observation(timestep=5, image=np.zeros(9999, np.uint8)))
    client.send([c.part(1, data[:4000]), c.part(2, data[4000:8000]), c.part(3, data[8000:])])
    assert client.actions()[0].timestep == 5


def test_nothing_to_answer_is_an_empty_answer(started, monkeypatch):
    monkeypatch.setattr('policy_node.lerobot_gateway.service.OBSERVATION_WAIT', 0.01)
    assert World(started).client().begin().actions() is None


def test_client_that_begins_again_has_a_new_session(world):
    client = world.client()
    for _ in range(2):
        client.begin().observe()
        client.actions()
    first, second = (request.session_id for _, request in world.port.asked)
    assert first != second


# ---- which policy ----
def test_without_load_the_log_tells_what_was_asked_for_and_what_there_is(world):
    world.client().begin()
    assert world.port.loads == []
    assert 'wants act user/model on cpu; it gets what policy_node has: mock' in world.said


def test_with_load_the_clients_model_is_loaded(started):
    world = World(started, load=True)
    world.client().begin(c.config(device='cuda'))
    assert world.port.loads == [('user/model', 'cuda')]


def test_without_a_policy_the_client_is_told(world):
    world.port.missing = 'no policy_node listens'
    with refused('FAILED_PRECONDITION', 'no policy_node listens'):
        world.client().begin()


# ---- what goes wrong ----
@pytest.mark.parametrize(('answer', 'code', 'words'), [
    (ChunkError('the model is out of memory'), 'INTERNAL', 'the model is out of memory'),
    (Refused('UNAVAILABLE', 'policy_node is gone'), 'UNAVAILABLE', 'policy_node is gone')])
def test_error_is_told_and_the_next_observation_is_served(world, answer, code, words):
    good, world.port.on_ask = world.port.on_ask, lambda _, asked: asked.set_exception(answer)
    client = world.client().begin()
    client.observe(must_go=True)
    with refused(code, words):
        client.actions()
    world.port.on_ask = good
    client.observe(must_go=False)       # LeRobot's client sets must_go again only after actions
    assert len(client.actions()) == 4
    assert words in world.said


def test_policy_that_does_not_answer_is_a_deadline(started):
    world = World(started, timeout=0.05)
    world.port.on_ask = lambda *_: None
    client = world.client().begin()
    client.observe()
    with refused('DEADLINE_EXCEEDED', 'did not answer within 0.05 s'):
        client.actions()


@pytest.mark.parametrize('changes', [
    {'names': ('a', 'b', 'c')}, {'units': ('deg', 'rad', 'rad')}])
def test_chunk_of_another_contract_is_refused(world, changes):
    world.port.on_ask = lambda request, answer: answer.set_result(chunk(request, **changes))
    client = world.client().begin()
    client.observe()
    with refused('INTERNAL', 'give both the same contract'):
        client.actions()


def test_robot_that_is_not_the_contracts_is_refused(world):
    with refused('INVALID_ARGUMENT', "names has .joint_1., .*its state is x.pos"):
        world.client().begin(c.config(c.features(('x',))))


def test_observation_without_instructions_is_refused(world):
    client = world.client()
    client.call('Ready')
    with refused('FAILED_PRECONDITION', 'no policy instructions'):
        client.observe()


class Command:
    def __reduce__(self):
        return print, ('obeyed',)


@pytest.mark.parametrize(('parts', 'words'), [
    ([c.part(3, b'\x80\x04garbage')], 'bytes that are no pickle of TimedObservation'),
    ([c.part(3, c.dumps(c.observation())[:-40])], 'bytes that are no pickle'),
    ([c.part(3, c.dumps(Command()))], 'builtins.print, which is not allowed'),
    ([c.part(3, c.dumps([1]))], 'a list where a TimedObservation is due'),
    ([c.part(3, b'\x80\x03]r\xff\xff\xff\xff.')], 'makes note'),
    ([c.part(1, b'ab'), c.part(2, b'cd')], 'ends after 4 bytes without its last part'),
    ([], 'ends after 0 bytes'), ([c.part(9, b'ab')], 'transfer state 9'),
    ([b'\x12\x7fab'], '4 bytes that are no Observation'), ([b'\xff' * 30], 'length without end'),
    ([c.part(3, c.dumps(c.observation(**{'joint_1.pos': None})))], "no finite number")])
def test_garbage_is_refused_and_the_client_goes_on(world, parts, words, capfd):
    client = world.client().begin()
    with refused('INVALID_ARGUMENT', words):
        client.send(parts)
    client.observe(timestep=2)
    assert client.actions()[0].timestep == 2
    assert 'obeyed' not in capfd.readouterr().out


def test_observation_of_too_many_bytes_is_refused(started, monkeypatch):
    monkeypatch.setattr('policy_node.lerobot_gateway.service.MAX_OBSERVATION_BYTES', 5 << 20)
    client = World(started).client().begin()
    with refused('INVALID_ARGUMENT', 'over 5 MiB'):
        client.send([c.part(1, bytes(2 << 20))] + 2 * [c.part(2, bytes(2 << 20))])


@pytest.mark.parametrize('data', [b'garbage', c.message(b'garbage'), c.message(c.dumps(Command())),
                                  c.message(c.dumps(c.observation()))])
def test_instructions_that_are_none_are_refused(world, data, capfd):
    client = world.client()
    client.call('Ready')
    with refused('INVALID_ARGUMENT', 'SendPolicyInstructions: '):
        client.call('SendPolicyInstructions', data)
    assert 'obeyed' not in capfd.readouterr().out


# ---- two clients ----
def test_second_client_does_not_disturb_the_first(world):
    first, second = world.client().begin(), world.client()
    with refused('RESOURCE_EXHAUSTED', 'this robot has a client'):
        second.begin()
    with refused('RESOURCE_EXHAUSTED', 'this robot has a client'):
        second.observe()
    second.close()
    first.observe()
    assert len(first.actions()) == 4


def test_client_that_dies_in_a_call_makes_room_at_once(world):
    world.port.on_ask = lambda *_: None
    first = world.client().begin()
    first.observe()
    call = first.asking()
    assert world.port.arrived.wait(30)
    first.close()
    assert call.done()
    again = world.client()
    while True:     # until the server has noticed
        try:
            again.begin()
            break
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    world.port.on_ask = lambda request, answer: answer.set_result(chunk(request))
    again.observe()
    assert len(again.actions()) == 4


def test_client_that_dies_in_the_middle_of_an_observation_harms_nothing(world):
    first = world.client().begin()
    sending = Event()

    def half():
        yield c.part(1, b'half')
        sending.set()
        Event().wait(60)

    call = first._channel.stream_unary(c.SERVICE + 'SendObservations').future(half())
    assert sending.wait(30)
    call.cancel()
    first.observe()
    assert len(first.actions()) == 4


def test_port_that_is_taken_is_one_line(world):
    with pytest.raises(ParameterError, match=f'port {world.server.port} cannot be listened on'):
        Server(world.service, '127.0.0.1', world.server.port, print)
