"""Limits of the gateway on size, rate and time, and slow clients, over real sockets."""

import json
import socket
import threading
import time

import numpy as np
import pytest
from gateway_helpers import (
    Gated,
    Planning,
    Seeing,
    ask,
    connected,
    gateway,
    image,
    openpi_infer,
    raw,
    seen,
    text_frame,
)
from graph import wait_for
from websockets.exceptions import ConnectionClosed

from policy_node.subtasks import CurrentSubtask


def nested(levels):
    return {'x': nested(levels - 1)} if levels else 1


def test_more_requests_than_the_rate_are_refused_and_later_ones_are_served():
    with gateway(rate_limit=2.0) as made, connected(made) as ws:
        answers = [ask(ws, {'state': [1, 2]}) for _ in range(30)]
        limited = [a for a in answers if a['status'] == 'error']
        assert limited and limited[0]['error_type'] == 'limit'
        assert 'gateway.rate_limit, 2 per second; try again in' in limited[0]['error']
        wait_for(lambda: ask(ws, {'state': [1, 2]})['status'] == 'success', 20, 'served again')


def test_messages_that_cannot_be_used_count_as_requests():
    with gateway(rate_limit=2.0) as made, connected(made) as ws, connected(made, '/openpi') as pi:
        pi.recv(timeout=20)
        for refused in (lambda: ask(ws, {'requests': []})['error'], lambda: ask(ws, '{')['error'],
                        lambda: openpi_infer(pi, {'x': {}}), lambda: openpi_infer(pi, nested(9))):
            wait_for(lambda: 'gateway.rate_limit' in refused(), 20, 'the limit')  # noqa: B023


def test_maps_within_maps_without_end_are_refused():
    with gateway() as made, connected(made, '/openpi') as pi:
        pi.recv(timeout=20)
        assert 'maps may be 8 deep' in openpi_infer(pi, nested(9))
        assert 'actions' in openpi_infer(pi, {'state': [1, 2], 'prompt': 'p', 'x': nested(7)})


def test_a_message_that_is_too_long_ends_its_connection_with_the_reason():
    with gateway(max_message_bytes=2000) as made, connected(made) as ws:
        ws.send('x' * 3000)
        with pytest.raises(ConnectionClosed) as closed:
            ws.recv(timeout=20)
        assert closed.value.rcvd.code == 1009 and '2000' in closed.value.rcvd.reason


def test_a_huge_message_is_refused_before_it_is_there():
    with gateway(max_message_bytes=2000) as made, \
            raw(made.port, text_frame(b'')[:2] + (10**9).to_bytes(8, 'big')) as stranger:
        assert (1009).to_bytes(2, 'big') in stranger.recv(200)


def test_the_images_of_a_batch_share_the_pixels_of_a_message():
    with gateway(lambda c: Seeing(c, ('top',)), max_message_pixels=50) as made, \
            connected(made) as ws:
        request = {'images': {'top': image().tolist()}, 'state': [1, 2]}
        answers = ask(ws, {'requests': [request] * 3})['responses']
        assert [a['status'] for a in answers] == ['success', 'success', 'error']
        assert 'gateway.max_message_pixels = 50' in answers[2]['error']
        assert ask(ws, request)['status'] == 'success'


@pytest.mark.parametrize('path', ['//[', '/%ff', '/ws?token=%zz&token', '/ws#x'])
def test_no_path_confuses_the_gateway(path):
    with gateway(token='t') as made, raw(made.port, path=path) as stranger:
        assert stranger.recv(100).split()[1] in (b'401', b'404')


def test_a_request_that_takes_too_long_is_answered_in_time_and_its_answer_is_dropped():
    with gateway(Gated, request_timeout=0.2) as made, connected(made) as ws:
        answer = ask(ws, {'state': [1, 2]})
        assert answer['error_type'] == 'timeout'
        assert answer['error'] == 'no answer within gateway.request_timeout, 0.2 s'
        made.policy.open.set()
        wait_for(lambda: made.policy.observations, 20, 'the late answer')
        assert np.allclose(ask(ws, {'state': [5, 5]})['actions'], [0, 10, len('by default')])


def test_a_request_whose_time_passes_before_its_turn_is_too_late_however_it_is_noticed():
    goes_on = threading.Event()
    with gateway(Gated, max_batch_size=1, request_timeout=0.5) as made, \
            connected(made) as busy, connected(made) as ws:
        busy.send(json.dumps({'state': [1, 2]}))
        assert made.policy.busy.wait(20)
        ws.send(json.dumps({'state': [3, 4]}))
        wait_for(lambda: len(made.inference.scheduler) == 1, 20, 'it waits')
        made._loop.call_soon_threadsafe(goes_on.wait, 20)   # nobody looks at the clock meanwhile
        began = time.monotonic()
        wait_for(lambda: time.monotonic() > began + 0.5, 20, 'its deadline')
        made.policy.open.set()
        wait_for(lambda: len(made.inference.scheduler) == 0, 20, 'its turn')
        made.inference.close()
        goes_on.set()
        answer = json.loads(ws.recv(timeout=20))
    assert answer['error'] == 'no answer within gateway.request_timeout, 0.5 s'
    assert answer['error_type'] == 'timeout' and len(made.policy.observations) == 1


def test_what_a_client_asked_that_is_gone_is_not_inferred_and_its_session_is_forgotten():
    with gateway(Gated, max_batch_size=1) as made:
        with connected(made) as ws:
            ws.send(json.dumps({'state': [1, 2]}))
            assert made.policy.busy.wait(20)
            with connected(made) as gone:
                gone.send(json.dumps({'state': [3, 4]}))
                wait_for(lambda: len(made.inference.scheduler) == 1, 20, 'it waits')
                gone.socket.shutdown(socket.SHUT_RDWR)
            wait_for(lambda: made.counts.clients == 1, 20, 'its end')
            made.policy.open.set()
            assert json.loads(ws.recv(timeout=20))['status'] == 'success'
            assert ask(ws, {'state': [1, 2]})['status'] == 'success'
            assert [o.features['state'].tolist() for o in made.policy.observations] == [[1, 2]] * 2
            session = made.policy.observations[0].session_id
            assert made.policy.resets == [session]
        wait_for(lambda: made.policy.resets == [session] * 2, 20, 'the session to be over')
        wait_for(lambda: not made.reception.conversations, 20, 'the conversation to be over')


def test_a_client_that_reads_nothing_is_disconnected_and_nobody_waits_for_it():
    with gateway(lambda c: Seeing(c, needs_state=False), send_timeout=0.3,
                 rate_limit=100_000.0) as made, connected(made) as ws, \
            raw(made.port) as slow:
        # Its answers repeat a long id.
        frame = text_frame(json.dumps({'request_id': 'x' * 60_000}).encode())
        slow.setblocking(False)
        left = memoryview(b'')

        def push():
            nonlocal left
            try:
                while True:
                    left = left or memoryview(frame)
                    left = left[slow.send(left):]
            except (BlockingIOError, ConnectionError):
                pass
            assert ask(ws, {})['status'] == 'success'
            return made.counts.slow_clients == 1

        wait_for(push, 60, 'the slow client to be disconnected')
        wait_for(lambda: made.counts.clients == 1, 20, 'its place to be free')


def test_refreshes_for_a_client_that_does_not_read_are_dropped_and_counted():
    with gateway(Planning, send_queue=2, send_timeout=600.0) as made, connected(made) as ws:
        ask(ws, {'state': [0, 0], 'subtask_refresh_interval': 3600})
        session, = (s for c in made.reception.conversations.values()
                    for s in c.turns.sessions.values())
        long = CurrentSubtask(text='x' * 1_000_000, prompt='', refresh_count=1, stamp_ns=0)
        wait_for(lambda: session.tell('', long) or made.counts.dropped_refreshes > 3, 20,
                 'refreshes to be dropped')
        ws.send(json.dumps({'state': [0, 0]}))
        read = 0
        while 'subtask_refresh' == (message := json.loads(ws.recv(timeout=20))).get('type'):
            read += 1
        assert message['status'] == 'success' and read == made.counts.refreshes


def test_clients_are_told_why_the_gateway_closes_and_it_can_be_opened_again():
    with gateway() as made:
        with connected(made) as ws:
            made.close('policy_node was deactivated')
            with pytest.raises(ConnectionClosed, match='policy_node was deactivated'):
                ws.recv(timeout=20)
        assert made.port == 0
        made.open()
        with connected(made) as ws:
            assert ask(ws, {'state': [1, 2]})['status'] == 'success'


def test_clients_that_never_finish_do_not_keep_the_gateway_from_closing(monkeypatch):
    monkeypatch.setattr('policy_node.gateway.server.CLOSE_TIMEOUT', 3600.0)
    with gateway() as made, raw(made.port, text_frame(b'{"state": [1, 2]}')[:-3]), \
            socket.create_connection(('127.0.0.1', made.port)) as silent:
        silent.sendall(b'GET /ws')
        closing = threading.Thread(target=made.close, args=('the node ends',))
        closing.start()
        closing.join(30)
        assert not closing.is_alive()


def test_an_observation_is_what_the_client_sent():
    with gateway(lambda c: Seeing(c, ('top',)), rename_map=('front=top',)) as made, \
            connected(made) as ws:
        ask(ws, {'images': {'front': image(3).tolist()}, 'state': [1, 2], 'high_level_prompt': 'p'})
        observation, = made.policy.observations
    assert np.array_equal(observation.features['top'], image(3))
    assert (observation.prompt, observation.timestep) == ('p', 0)
    assert np.array_equal(seen(observation.features, 'p'), [3, 3, 1])
