"""Who may connect to the gateway, and what strangers can do to it: nothing."""

import gc
import json
import shutil
import socket
import ssl
import threading
import time
import tracemalloc

import numpy as np
import pytest
from gateway_helpers import (
    Planning,
    ask,
    connected,
    gateway,
    get,
    image,
    openpi_infer,
    raw,
    text_frame,
    tls_files,
)
from graph import wait_for
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus

from policy_node.gateway.errors import GatewayError
from policy_node.gateway.reception import GREETING_WAIT


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


def test_a_host_that_can_be_no_name_is_named():
    with pytest.raises(GatewayError, match=r"gateway.host '192.168.1..5' cannot be opened"), \
            gateway(host='192.168.1..5'):
        pass


def test_a_first_message_that_takes_its_time_is_answered_first():
    frame = text_frame(json.dumps({'state': [1, 2]}).encode())
    with gateway() as made, raw(made.port, path='/') as slow:
        while not slow.recv(4096).endswith(b'\r\n\r\n'):
            pass
        slow.sendall(frame[:9])
        time.sleep(3 * GREETING_WAIT)
        slow.sendall(frame[9:])
        assert slow.recv(4096)[4:].startswith(b'{"status": "success"')


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
            # One image has 120 000 bytes, and 24 clients were here; a refresh may be under way.
            wait_for(lambda: gc.collect() >= 0 and
                     tracemalloc.get_traced_memory()[0] - before < 100_000, 20, 'all to be let go')
        finally:
            tracemalloc.stop()
        assert not made.keeper._sessions


def test_who_never_finishes_a_request_holds_nobody_up():
    with gateway() as made, socket.create_connection(('127.0.0.1', made.port)) as silent, \
            socket.create_connection(('127.0.0.1', made.port)) as half, \
            raw(made.port, text_frame(b'{"state": [')[:20]), connected(made) as ws:
        silent.sendall(b'GET')
        half.sendall(b'\x16\x03\x01\x02\x00')
        assert ask(ws, {'state': [1, 2]})['status'] == 'success'
