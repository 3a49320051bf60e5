"""A gateway and its clients over real sockets: who is served, and who is told what was wrong."""

import base64
import gc
import io
import json
import shutil
import socket
import ssl
import threading
import time
import tracemalloc
from http.client import HTTPConnection

import numpy as np
import pytest
from gateway_examples import REFRESH, REQUEST, RESPONSE, filled, shape
from gateway_helpers import (
    CAMERAS,
    NAMES,
    ROWS,
    Alohas,
    Broken,
    Gated,
    Planning,
    Seeing,
    ask,
    connected,
    gateway,
    image,
    raw,
    seen,
    text_frame,
    tls_files,
)
from graph import wait_for
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from websockets.exceptions import ConnectionClosed, InvalidStatus

from policy_node.gateway.errors import GatewayError
from policy_node.policies.openpi import wire
from policy_node.subtasks import CurrentSubtask


def get(made, path, **headers):
    connection = HTTPConnection('127.0.0.1', made.port, timeout=10)
    try:
        connection.request('GET', path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.getheader('Content-Type')
    finally:
        connection.close()


# ---- the JSON messages ----
def test_the_printed_request_gets_an_answer_like_the_printed_one_and_refreshes():
    with gateway(Planning) as made, connected(made, '/ws') as ws:
        answer = ask(ws, filled(REQUEST))
        wait_for(lambda: made.keeper.poll() or made.counts.refreshes, 20, 'a refresh')
        refresh = json.loads(ws.recv(timeout=20))
    assert shape(answer) == shape(json.loads(filled(RESPONSE)))
    assert list(answer) == list(json.loads(filled(RESPONSE)))
    assert np.shape(answer['actions']) == (1, ROWS, len(NAMES))
    assert answer['subtask'] == 'step 1 of Pick up the flashcard on the table'
    assert (answer['subtask_tokens'], answer['subtask_refresh_interval']) == ([1, 7], 2.0)
    timing = answer['timing']
    assert timing['total_ms'] == pytest.approx(timing['action_ms'] + timing['subtask_ms'])
    assert answer['server_timing']['total_ms'] >= timing['total_ms']
    assert list(refresh) == list(json.loads(filled(REFRESH)))
    assert shape(refresh) == shape(json.loads(filled(REFRESH)))
    assert refresh['subtask'] == 'step 2 of Pick up the flashcard on the table'
    assert refresh['timestamp'] == pytest.approx(time.time(), abs=100)


def test_actions_follow_from_the_images_the_state_and_the_prompt():
    with gateway(lambda c: Seeing(c, CAMERAS)) as made, connected(made) as ws:
        request = {'images': {name: image(20 * k).tolist() for k, name in enumerate(CAMERAS)},
                   'state': [1, 2.5], 'high_level_prompt': 'abc'}
        answer = ask(ws, request)
    assert np.allclose(answer['actions'], [20, 3.5, 3]) and answer['state'] == [1, 2.5]


def test_images_may_be_base64_and_in_msgpack_bytes_and_arrays():
    buffer = io.BytesIO()
    Image.fromarray(image(7)).save(buffer, 'PNG')
    png = buffer.getvalue()
    with gateway(Alohas) as made, connected(made) as ws:
        encoded = ask(ws, {'images': dict.fromkeys(CAMERAS, base64.b64encode(png).decode())})
        ws.send(wire.pack({'images': {'base_0_rgb': png, 'left_wrist_0_rgb': image(7),
                                      'right_wrist_0_rgb': image(7).tolist()},
                           'high_level_prompt': 'by default', 'state': np.zeros(2)}))
        binary = wire.unpack(ws.recv(timeout=20))
    assert np.allclose(encoded['actions'], [7, 0, len('by default')])
    assert binary['actions'].shape == (1, ROWS, 3)
    assert np.allclose(binary['actions'], encoded['actions'])


def test_a_batch_is_inferred_together_and_each_request_has_its_own_answer():
    with gateway(Gated) as made, connected(made) as ws, connected(made) as other:
        other.send(json.dumps({'state': [0, 0]}))
        assert made.policy.busy.wait(20)
        ws.send(json.dumps({'request_id': 'b', 'requests': [
            {'state': [1, 2], 'request_id': 'first'}, {'state': [1]}, {'state': [2, 4]}, 5]}))
        wait_for(lambda: len(made.inference.scheduler) == 2, 20, 'two that wait')
        made.policy.open.set()
        answer = json.loads(ws.recv(timeout=20))
    first, second, third, fourth = answer['responses']
    assert (answer['request_id'], first['request_id']) == ('b', 'first')
    assert np.allclose(first['actions'], [0, 3, 10]) and np.allclose(third['actions'], [0, 6, 10])
    assert second['error'].startswith('state must have 2 values')
    assert fourth['error'] == 'a request must be an object, got 5'
    assert len({o.session_id for o in made.policy.observations}) == 3


def test_errors_say_what_was_wrong_and_the_connection_stays():
    with gateway() as made, connected(made) as ws:
        for request, kind, words in [
                ('{', 'bad_request', 'no JSON'),
                ({}, 'bad_request', "policy seeing needs 'state'"),
                ({'state': [1]}, 'bad_request', 'state must have 2 values'),
                ({'requests': []}, 'bad_request', 'at least one'),
                ({'requests': [{}] * 17}, 'bad_request', 'gateway.max_requests is 16')]:
            answer = ask(ws, request)
            assert (answer['status'], answer['error_type']) == ('error', kind)
            assert words in answer['error'] and answer['server_timing']['total_ms'] > 0
        assert ask(ws, {'state': [1, 2], 'request_id': 4})['request_id'] == 4
        assert ask(ws, {'request_id': 5})['request_id'] == 5
    assert (made.counts.requests, made.counts.answers, made.counts.errors) == (4, 1, 6)


def test_of_unforeseen_errors_clients_get_type_and_message_and_the_log_has_the_rest():
    with gateway(Broken) as made, connected(made) as ws:
        answer = ask(ws, {'state': [1, 2], 'high_level_prompt': 'bug'})
        assert (answer['error'], answer['error_type']) == ('ZeroDivisionError: a bug', 'internal')
        answer = ask(ws, {'state': [1, 2]})
        assert answer['error'] == 'the model is out of memory: by default'
        assert answer['error_type'] == 'policy'
    assert any('Traceback' in line for line in made.log.lines)


def test_a_policy_that_repeats_all_it_was_given_in_its_error_is_cut_short():
    with gateway(Broken) as made, connected(made) as ws:
        error = ask(ws, {'state': [1, 2], 'high_level_prompt': 'x' * 100_000})['error']
    assert error.startswith('the model is out of memory: xxx') and len(error) < 3000
    assert all(len(line) < 3000 for line in made.log.lines)


def test_without_a_policy_clients_are_told_and_the_gateway_is_not_healthy():
    with gateway(make=None) as made, connected(made) as ws:
        assert 'no policy is loaded' in ask(ws, {})['error']
        assert get(made, '/healthz')[:2] == (503, 'no policy is loaded\n')


# ---- subtasks ----
def test_the_client_decides_how_subtasks_are_decoded_and_which_is_pursued():
    with gateway(Planning) as made, connected(made) as ws:
        ask(ws, {'state': [0, 0], 'max_decoding_steps': 9, 'temperature': 0.5})
        (_, decoding), = made.policy.decodings
        assert (decoding.max_decoding_steps, decoding.temperature) == (9, 0.5)
        answer = ask(ws, {'state': [0, 0]})
        assert (answer['timing']['subtask_ms'], answer['subtask_tokens']) == (0, [1, 7])
        answer = ask(ws, {'state': [0, 0], 'generate_subtask': False, 'low_level_prompt': 'grasp'})
        assert (answer['subtask'], made.policy.observations[-1].subtask) == ('grasp', 'grasp')
        answer = ask(ws, {'state': [0, 0], 'generate_subtask': False,
                          'subtask_refresh_interval': 1.0})
        assert (answer['subtask'], answer['subtask_refresh_enabled']) == ('', False)
    assert len(made.policy.decodings) == 1


def test_settings_of_a_client_are_forgotten_with_it_whatever_became_of_its_requests():
    with gateway(Broken) as made:
        with connected(made) as ws:
            assert ask(ws, {'state': [0, 0], 'temperature': 0.5})['error_type'] == 'policy'
            made.inference.call(made.inference.server.close)
        wait_for(lambda: not made.keeper._sessions, 20, 'the settings to be forgotten')


def test_a_policy_of_one_level_answers_without_subtasks_and_says_so():
    with gateway() as made, connected(made) as ws:
        answer = ask(ws, filled(REQUEST))
    assert (answer['status'], answer['subtask'], answer['subtask_tokens']) == ('success', '', [])
    assert (answer['subtask_refresh_enabled'], answer['subtask_refresh_interval']) == (False, None)
    assert answer['timing']['subtask_ms'] == 0


def test_refreshes_go_on_until_the_client_wants_none_and_reach_nobody_else():
    with gateway(Planning) as made, connected(made) as ws, connected(made) as other:
        assert ask(other, {'state': [0, 0]})['status'] == 'success'
        ask(ws, {'state': [0, 0], 'subtask_refresh_interval': 0.05})

        def refreshed():
            made.keeper.poll()
            return made.counts.refreshes >= 2

        wait_for(refreshed, 20, 'refreshes while nothing is asked')
        first, second = (json.loads(ws.recv(timeout=20)) for _ in range(2))
        assert second['refresh_count'] == first['refresh_count'] + 1
        ws.send(json.dumps({'state': [0, 0]}))
        while 'status' not in json.loads(ws.recv(timeout=20)):
            pass
        decoded = len(made.policy.decodings)
        made.keeper.poll()
        with pytest.raises(TimeoutError):
            other.recv(timeout=0)
        assert ask(ws, {'state': [0, 0]})['status'] == 'success'
        assert len(made.policy.decodings) == decoded


# ---- openpi ----
def openpi_infer(ws, request):
    ws.send(wire.pack(request))
    answer = ws.recv(timeout=20)
    return answer if isinstance(answer, str) else wire.unpack(answer)


@pytest.mark.parametrize('path', ['/', '/openpi'])
def test_openpis_clients_get_metadata_first_and_an_answer_to_each_request(path):
    names = ('observation/image=top', 'observation/state=state')
    with gateway(lambda c: Seeing(c, ('top',)), rename_map=names) as made, \
            connected(made, path, compression=None) as ws:
        assert wire.unpack(ws.recv(timeout=20)) == {
            'policy': 'seeing', 'action_names': list(NAMES), 'action_units': ['m'] * 3,
            'horizon': ROWS, 'features': ['top', 'state']}
        request = {'observation/image': image(9), 'observation/state': np.array([1, 2], 'f4'),
                   'prompt': 'pick'}
        first, second = (openpi_infer(ws, request) for _ in range(2))
    assert first['actions'].shape == (ROWS, 3)
    assert np.allclose(first['actions'], [9, 3, 4]) and np.allclose(first['state'], [1, 2])
    assert set(first['server_timing']) == {'infer_ms'} and 'infer_ms' in first['policy_timing']
    assert set(second['server_timing']) == {'infer_ms', 'prev_total_ms'}


def test_errors_reach_openpis_clients_as_text_and_the_connection_stays():
    with gateway() as made, connected(made, '/openpi') as ws:
        ws.recv(timeout=20)
        assert 'send state, or name' in openpi_infer(ws, {'prompt': 'p'})
        assert 'prompt must be text' in openpi_infer(ws, {'prompt': 5})
        assert openpi_infer(ws, {'state': np.zeros(2), 'prompt': 'p'})['actions'].shape == (ROWS, 3)
        assert ask(ws, {'state': [1, 2]})['status'] == 'success'


# ---- the door without a path ----
def test_who_speaks_first_is_answered_and_who_waits_gets_metadata():
    with gateway() as made:
        with connected(made, '/', compression=None) as ws:
            assert ask(ws, {'state': [1, 2]})['status'] == 'success'
        with connected(made, '/') as ws:
            assert json.loads(ws.recv(timeout=20))['type'] == 'metadata'
            assert ask(ws, {'state': [1, 2]})['status'] == 'success'
        with connected(made, '/ws') as ws, pytest.raises(TimeoutError):
            ws.recv(timeout=1.0)


# ---- who may come in ----
def refused(made, path='/ws', **options):
    with pytest.raises(InvalidStatus) as error, connected(made, path, **options):
        pass
    return error.value.response.status_code, error.value.response.body.decode()


def test_without_the_token_nobody_comes_in_whatever_the_scheme():
    with gateway(token='käse') as made:
        assert refused(made)[0] == 401
        for value in ('Bearer kase', 'Basic käse'.encode().decode('latin-1'), 'Bearer'):
            assert refused(made, additional_headers={'Authorization': value})[0] == 401
        assert refused(made, '/ws?token=wrong')[0] == 401
    with gateway(token='secret') as made:
        for scheme in ('Bearer', 'Api-Key', 'bearer'):
            with connected(made, additional_headers={'Authorization': f'{scheme} secret'}) as ws:
                assert ask(ws, {'state': [1, 2]})['status'] == 'success'
        with connected(made, '/ws?token=secret') as ws:
            assert ask(ws, {'state': [1, 2]})['status'] == 'success'
        assert get(made, '/healthz')[0] == 200
        assert made.counts.turned_away == 0


def test_pages_of_other_sites_may_not_connect_unless_they_are_allowed():
    with gateway(allowed_origins=('https://lab.example',)) as made:
        status, text = refused(made, origin='https://evil.example')
        assert status == 403 and 'gateway.allowed_origins' in text
        assert refused(made, origin='null')[0] == 403
        # A name of a stranger's DNS for this address: the page's origin and Host agree.
        assert refused(made, origin=f'http://evil.example:{made.port}',
                       additional_headers={'Host': f'evil.example:{made.port}'})[0] == 403
        for origin in ('https://lab.example', f'http://localhost:{made.port}', None):
            with connected(made, origin=origin) as ws:
                assert ask(ws, {'state': [1, 2]})['status'] == 'success'


def test_unknown_paths_are_refused_with_what_there_is():
    with gateway() as made:
        assert refused(made, '/nope') == (
            404, 'there is no /nope; connect to /, /ws, /openpi, /events or get /, /demo, '
            '/healthz, /asyncapi.yaml\n')
        status, text, kind = get(made, '/asyncapi.yaml')
        assert (status, kind) == (200, 'application/yaml') and text.startswith('asyncapi: 3')


def test_when_all_places_are_taken_the_next_client_is_told_and_comes_in_later():
    with gateway(max_clients=1) as made:
        with connected(made) as ws:
            assert ask(ws, {'state': [1, 2]})['status'] == 'success'
            with connected(made) as late, pytest.raises(ConnectionClosed, match='max_clients is 1'):
                late.recv(timeout=20)
        wait_for(lambda: made.counts.clients == 0, 20, 'the place to be free')
        with connected(made) as ws:
            assert ask(ws, {'state': [1, 2]})['status'] == 'success'


def test_a_port_that_is_taken_is_named():
    with gateway() as made, pytest.raises(GatewayError, match=f'gateway.port {made.port}'), \
            gateway(port=made.port):
        pass


def test_tls_files_that_cannot_be_used_are_named(tmp_path):
    with pytest.raises(GatewayError, match='gateway.tls_certificate .* cannot be used'), \
            gateway(tls_certificate=str(tmp_path / 'no'), tls_key=str(tmp_path / 'no')):
        pass


def test_an_open_door_is_warned_of():
    with gateway(host='0.0.0.0') as made:
        assert any('set gateway.token' in line for line in made.log.lines)
    with gateway() as made:
        assert not any('gateway.token' in line for line in made.log.lines)


@pytest.mark.skipif(not shutil.which('openssl'), reason='openssl is not installed')
def test_clients_may_use_tls(tmp_path):
    certificate, key = tls_files(tmp_path)
    with gateway(tls_certificate=certificate, tls_key=key) as made:
        from websockets.sync.client import connect
        trusting = ssl.create_default_context(cafile=certificate)
        with connect(f'wss://localhost:{made.port}/ws', ssl=trusting, proxy=None) as ws:
            assert ask(ws, {'state': [1, 2]})['status'] == 'success'


# ---- strangers ----
def test_whatever_bytes_a_stranger_sends_only_its_own_connection_ends():
    with gateway() as made, connected(made) as ws:
        @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
        @given(st.binary(max_size=80), st.booleans())
        def check(data, framed):
            with raw(made.port, text_frame(data) if framed else data) as stranger:
                stranger.shutdown(socket.SHUT_WR)
                while stranger.recv(4096):
                    pass
            assert ask(ws, {'state': [1, 2]})['status'] == 'success'

        check()
        wait_for(lambda: made.counts.clients == 1, 20, 'the strangers to be gone')
        assert len(made.reception.conversations) == 1


def test_who_asks_for_signs_of_life_and_is_gone_fills_no_log(caplog):
    with gateway() as made, connected(made) as ws:
        for _ in range(3):
            raw(made.port, b'\x89\x80\0\0\0\0' * 2000).close()
        wait_for(lambda: made.counts.connections == 4 and made.counts.clients == 1, 20, 'their end')
        assert ask(ws, {'state': [1, 2]})['status'] == 'success'
    assert not [r for r in caplog.records if r.name == 'asyncio']


def test_nothing_is_kept_of_clients_that_are_gone():
    def one_of_each(made):
        with connected(made) as ws:
            assert ask(ws, {'images': {'top': image(3, 40, 40).tolist()}, 'state': [1, 2],
                            'subtask_refresh_interval': 0.05})['status'] == 'success'
            assert ask(ws, {'requests': [{'images': {'top': 'x'}}] * 5})['responses']
            assert ask(ws, '[')['status'] == 'error'
        with connected(made, '/openpi') as ws:
            ws.recv(timeout=20)
            assert 'actions' in openpi_infer(ws, {'top': image(3, 200, 200), 'state': np.zeros(2)})
        with raw(made.port, text_frame(b'{"state": [1, 2]}')):
            pass
        wait_for(lambda: made.counts.clients == 0, 20, 'everybody to be gone')
        forgotten = threading.Event()
        made.inference.call(forgotten.set)      # after what ends the sessions
        assert forgotten.wait(20)
        made.policy.observations.clear()
        made.policy.decodings.clear()
        made.policy.resets.clear()
        made.log.lines.clear()

    with gateway(lambda c: Planning(c, ('top',))) as made:
        for _ in range(2):
            one_of_each(made)
        gc.collect()
        tracemalloc.start()
        try:
            one_of_each(made)
            gc.collect()
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(8):
                one_of_each(made)
            gc.collect()
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert not made.keeper._sessions
    assert kept - before < 100_000      # one image has 120 000 bytes, and 24 clients were here


def test_who_never_finishes_a_request_holds_nobody_up():
    with gateway() as made, socket.create_connection(('127.0.0.1', made.port)) as silent, \
            socket.create_connection(('127.0.0.1', made.port)) as half, \
            raw(made.port, text_frame(b'{"state": [')[:20]), connected(made) as ws:
        silent.sendall(b'GET')
        half.sendall(b'\x16\x03\x01\x02\x00')
        assert ask(ws, {'state': [1, 2]})['status'] == 'success'


# ---- limits ----
def test_more_requests_than_the_rate_are_refused_and_later_ones_are_served():
    with gateway(rate_limit=2.0) as made, connected(made) as ws:
        answers = [ask(ws, {'state': [1, 2]}) for _ in range(30)]
        limited = [a for a in answers if a['status'] == 'error']
        assert limited and limited[0]['error_type'] == 'limit'
        assert 'gateway.rate_limit, 2 per second; try again in' in limited[0]['error']
        wait_for(lambda: ask(ws, {'state': [1, 2]})['status'] == 'success', 20, 'served again')


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
    with gateway(Gated, max_batch_size=1) as made, connected(made) as ws:
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
    assert not made.reception.conversations


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
