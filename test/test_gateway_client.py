"""Our client: what it sends arrives, what fails is told, what may be asked again is."""

import asyncio
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest
from gateway_helpers import (
    NAMES,
    ROWS,
    Broken,
    Gated,
    Planning,
    Seeing,
    gateway,
    image,
    tls_files,
)
from graph import ROOT, wait_for
from PIL import Image
from remote_helpers import free_port

from policy_node.gateway.client import (
    AsyncClient,
    Client,
    ImageError,
    Refused,
    TimedOut,
    Unreachable,
    load_image,
    random_image,
)
from policy_node.gateway.client.cli import main
from policy_node.gateway.client.images import ENCODINGS


def url(made):
    return f'ws://127.0.0.1:{made.port}'


def made_port(client):
    return int(client._client._link.url.split(':')[-1].split('/')[0])


def with_camera(config):
    return Seeing(config, ('top',))


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_images_state_and_prompt_arrive_however_images_travel(encoding, tmp_path):
    Image.fromarray(image(200, 16, 16)).save(tmp_path / 'top.png')
    with gateway(with_camera) as made, Client(url(made), encoding=encoding) as client:
        answer = client.infer({'top': tmp_path / 'top.png'}, 'abc', state=[1, 2])
    assert answer.actions.shape == (ROWS, len(NAMES))
    assert np.allclose(answer.actions, [200, 3, 3], atol=2) and answer.state.tolist() == [1, 2]
    assert answer.timing['client_ms'] >= answer.timing['server_ms'] >= answer.timing['total_ms']


def test_images_are_resized_with_their_shape_kept():
    with gateway(with_camera) as made, Client(url(made), image_size=32) as client:
        client.infer({'top': image(90, 10, 20)}, state=np.zeros(2))
        seen = made.policy.observations[0].features['top']
    assert seen.shape == (32, 32, 3) and (seen[8:24] == 90).all() and not seen[:8].any()


def test_images_that_cannot_be_loaded_are_errors_and_nothing_is_sent(tmp_path):
    (tmp_path / 'text.png').write_text('no picture')
    Image.fromarray(np.full((2, 2), 1000, np.uint16)).save(tmp_path / 'depth.png')
    with gateway(with_camera) as made, Client(url(made)) as client:
        for broken, words in [(tmp_path / 'no.png', 'cannot be loaded'),
                              (str(tmp_path / 'text.png'), 'in no format that is known'),
                              (tmp_path / 'depth.png', 'more than 8 bits a channel'),
                              (np.zeros((2, 2)), "'top' must be a file or an array")]:
            with pytest.raises(ImageError, match=words):
                client.infer({'top': broken}, state=[1, 2])
        assert made.counts.requests == 0


def test_a_file_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(image(5, 4, 6)).save(tmp_path / 'a.jpg', exif=exif)
    assert load_image(tmp_path / 'a.jpg').shape == (6, 4, 3)
    assert random_image(8).shape == (8, 8, 3) and len(np.unique(random_image(8))) > 50


def test_refusals_are_raised_with_their_kind_and_not_asked_again():
    with gateway(Broken) as made, Client(url(made)) as client:
        with pytest.raises(Refused, match='state must have 2 values') as refused:
            client.infer({}, state=[1])
        assert refused.value.kind == 'bad_request'
        with pytest.raises(Refused, match='out of memory') as refused:
            client.infer({}, state=[1, 2])
        assert (refused.value.kind, client.retries, made.counts.requests) == ('policy', 0, 2)


def test_each_request_of_a_batch_has_its_answer_or_its_refusal():
    with gateway() as made, Client(url(made)) as client:
        good, bad = client.batch([{'state': [1, 2]}, {'state': [1]}])
        assert np.allclose(good.actions, [0, 3, 10])
        assert isinstance(bad, Refused) and bad.kind == 'bad_request'
        with pytest.raises(Refused, match='max_requests'):
            client.batch([{'state': [1, 2]}] * 17)


def test_requests_of_several_tasks_find_their_own_answers():
    async def run(made):
        async with AsyncClient(url(made)) as client:
            return await asyncio.gather(*(client.infer({}, state=[k, 0]) for k in range(20)))

    with gateway() as made:
        answers = asyncio.run(run(made))
    assert [a.actions[0, 1] for a in answers] == list(range(20))


def test_what_a_limit_refused_is_asked_again():
    with gateway(rate_limit=1.0) as made, Client(url(made), attempts=50) as client:
        assert len(client.batch([{'images': {}, 'state': [1, 2]}] * 4)) == 4    # three in debt
        assert client.infer({}, state=[1, 2]).actions.shape == (ROWS, 3)
        assert client.retries > 0


def test_a_late_answer_is_not_taken_for_the_next():
    with gateway(Gated) as made, Client(url(made), timeout=0.3) as client:
        with pytest.raises(TimedOut, match=r'gave no answer within 0.3 s'):
            client.infer({}, state=[1, 2])
        made.policy.open.set()
        wait_for(lambda: made.counts.answers, 20, 'the late answer')
        client._client._timeout = 20
        assert np.allclose(client.infer({}, state=[5, 5]).actions, [0, 10, 10])


def test_a_request_whose_connection_breaks_is_asked_again_when_the_gateway_is_back():
    with gateway(Gated) as made, Client(url(made), timeout=60) as client:
        port = made.port

        async def ask_meanwhile():
            asked = asyncio.ensure_future(client._client.infer({}, state=[1, 2]))
            await asyncio.to_thread(made.policy.busy.wait, 20)
            return await asked

        asked = asyncio.run_coroutine_threadsafe(ask_meanwhile(), client._loop)
        assert made.policy.busy.wait(20)
        made.close('restarted')
        with gateway(port=port):
            assert np.allclose(asked.result(60).actions, [0, 3, 10])
        made.policy.open.set()
        assert (client.retries, client.reconnects) == (1, 1)


def test_a_request_is_given_up_after_so_many_attempts():
    with gateway(Gated) as made, Client(url(made), attempts=1) as client:
        asked = asyncio.run_coroutine_threadsafe(client._client.infer({}, state=[1, 2]),
                                                 client._loop)
        assert made.policy.busy.wait(20)
        made.close('gone for good')
        with pytest.raises(Unreachable, match='closed the connection'):
            asked.result(20)
        made.policy.open.set()


def test_without_a_gateway_connecting_fails_and_says_where():
    port = free_port()
    with pytest.raises(Unreachable, match=f'not connected within 0.3 s: no gateway at '
                       f'ws://127.0.0.1:{port}/ws'):
        Client(f'ws://127.0.0.1:{port}', timeout=0.3)


def test_a_server_that_says_nothing_is_named():
    with socket.create_server(('127.0.0.1', 0)) as silent, \
            pytest.raises(Unreachable, match=r'within 0.3 s: wss://.* does not answer; .* TLS'):
        Client(f'wss://127.0.0.1:{silent.getsockname()[1]}', timeout=0.3)


@pytest.mark.parametrize('wrong', [{'timeout': 0}, {'attempts': 0}, {'image_size': -1}])
def test_an_option_out_of_range_is_named(wrong):
    with pytest.raises(ValueError, match=f'{next(iter(wrong))} must be'):
        Client(**wrong)


def test_a_wrong_token_or_address_fails_at_once():
    with gateway(token='secret') as made:
        with pytest.raises(Unreachable, match='status 401: the token is missing or wrong'):
            Client(url(made), token='wrong', timeout=600)
        with pytest.raises(Unreachable, match='status 404: there is no /nope'):
            Client(f'{url(made)}/nope', timeout=600)
        with pytest.raises(Unreachable, match='no address of a gateway'):
            Client('http://127.0.0.1', timeout=600)
        with Client(url(made), token='secret') as client:
            assert client.infer({}, state=[1, 2]).actions.shape == (ROWS, 3)


def test_a_message_that_is_too_large_is_refused_and_not_asked_again():
    with gateway(with_camera, max_message_bytes=10_000) as made, Client(url(made)) as client:
        with pytest.raises(Refused, match='too large.*gateway.max_message_bytes'):
            client.infer({'top': image(0, 100, 100)}, state=[1, 2])
        assert client.retries == 0
        assert client.infer({'top': image(5)}, state=[1, 2]).actions[0, 0] == 5


def test_refreshes_reach_the_callback_and_its_error_whoever_listens():
    heard = []

    def on_refresh(refresh):
        heard.append(refresh)
        if len(heard) == 2:
            raise RuntimeError('enough')

    with gateway(Planning) as made, Client(url(made)) as client:
        listening = client.listen_for_refresh_messages(on_refresh)
        answer = client.infer({}, 'tidy', state=[1, 2], subtask_refresh_interval=0.05)
        assert (answer.subtask, answer.subtask_refresh_interval) == ('step 1 of tidy', 0.05)
        wait_for(lambda: made.keeper.poll() or listening.done(), 20, 'two refreshes')
        with pytest.raises(RuntimeError, match='enough'):
            listening.result()
    assert [r.subtask for r in heard] == ['step 2 of tidy', 'step 3 of tidy']
    assert heard[0].subtask_tokens == (2, 7) and heard[1].refresh_count == 2
    assert (heard[1]['subtask'], heard[1]['refresh_count']) == ('step 3 of tidy', 2)


def test_refreshes_go_on_after_a_lost_connection_until_the_gateway_does_not_let_us_in():
    heard = []
    with gateway(Planning) as made, Client(url(made), timeout=60) as client:
        listening = client.listen_for_refresh_messages(heard.append)
        client.infer({}, 'tidy', state=[1, 2], subtask_refresh_interval=0.05)
        wait_for(lambda: made.keeper.poll() or heard, 20, 'a refresh')
        made.close('restarted')
        with gateway(Planning, port=made_port(client)) as again:
            heard.clear()
            wait_for(lambda: again.keeper.poll() or heard, 20, 'a refresh of the new session')
            assert client.reconnects == 1
        with gateway(Planning, port=made_port(client), token='changed'), \
                pytest.raises(Unreachable, match='the token is missing'):
            listening.result(20)


def test_listeners_end_with_the_client():
    with gateway(Planning) as made, Client(url(made)) as client:
        listening = client.listen_for_refresh_messages(print)
        client.infer({}, 'tidy', state=[1, 2])
    assert listening.result(20) is None


def test_a_callback_that_asks_the_client_itself_is_told_so():
    with gateway(Planning) as made, Client(url(made)) as client:
        listening = client.listen_for_refresh_messages(
            lambda refresh: client.infer({}, refresh.subtask, state=[1, 2]))
        client.infer({}, 'tidy', state=[1, 2], subtask_refresh_interval=0.05)
        wait_for(lambda: made.keeper.poll() or listening.done(), 20, 'a refresh')
        with pytest.raises(RuntimeError, match='on another one, or use AsyncClient'):
            listening.result()


@pytest.mark.skipif(not shutil.which('openssl'), reason='openssl is not installed')
def test_a_certificate_that_this_machine_knows_needs_no_parameter(tmp_path, monkeypatch):
    certificate, key = tls_files(tmp_path)
    monkeypatch.setenv('SSL_CERT_FILE', certificate)
    with gateway(tls_certificate=certificate, tls_key=key) as made, \
            Client(f'wss://localhost:{made.port}', timeout=20) as client:
        assert client.infer({}, state=[1, 2]).state.tolist() == [1, 2]


def test_a_path_of_another_protocol_is_named():
    with gateway() as made, Client(f'{url(made)}/openpi', attempts=1) as client, \
            pytest.raises(Unreachable, match='the path of the address must be /ws'):
        client.infer({}, state=[1, 2])


@pytest.mark.parametrize(('arguments', 'words'), [
    (['--state', '1,b'], "--state: must be numbers with commas between them, got '1,b'"),
    (['--state'], '--state: expected one argument'),
    (['--batch', '0'], "--batch: must be a whole number >= 1, got '0'"),
    (['--repeat', 'x'], "--repeat: must be a whole number >= 1, got 'x'"),
    (['--image-size', '-5'], "--image-size: must be a whole number >= 0, got '-5'"),
    (['--timeout', '0'], "--timeout: must be a number of seconds > 0, got '0'")])
def test_the_command_names_an_argument_that_cannot_be_used(capsys, arguments, words):
    with pytest.raises(SystemExit):
        main(arguments)
    assert words in capsys.readouterr().err


def test_the_command_takes_a_state_that_begins_with_a_minus(capsys):
    with gateway() as made:
        assert main(['--url', url(made), '--state', '-3,2']) == 0
    assert 'row 0: 0 -1 10' in capsys.readouterr().out


def test_the_command_takes_each_image_once(capsys, tmp_path):
    Image.fromarray(image(9, 4, 4)).save(tmp_path / 'a.png')
    assert main(2 * ['--image', f'top={tmp_path / "a.png"}']) == 1
    assert "--image 'top' was given twice" in capsys.readouterr().err


def test_the_command_prints_answers(capsys, tmp_path):
    Image.fromarray(image(9, 4, 4)).save(tmp_path / 'a.png')
    with gateway(with_camera) as made:
        assert main(['--url', url(made), '--image', f'top={tmp_path / "a.png"}', '--state', '1,2',
                     '--prompt', 'abc', '--batch', '2', '--repeat', '2']) == 0
    out = capsys.readouterr().out
    assert out.count('4 rows of 3 columns; row 0: 9 3 3') == 4 and '4 answers: p50' in out


def test_the_command_sends_random_images_only_when_told_to(capsys):
    with gateway(with_camera) as made:
        assert main(['--url', url(made), '--image', 'top', '--state', '1,2']) == 1
        assert 'give NAME=FILE, or --random-images' in capsys.readouterr().err
        assert main(['--url', url(made), '--image', 'top=no.png', '--random-images']) == 1
        assert "'no.png' cannot be loaded" in capsys.readouterr().err
        assert made.counts.requests == 0
        assert main(['--url', url(made), '--image', 'top', '--state', '1,2',
                     '--random-images']) == 0
        seen = made.policy.observations[0].features['top']
    assert seen.shape == (224, 224, 3) and seen.std() > 50


def test_the_command_fails_when_a_request_is_refused(capsys):
    with gateway() as made:
        assert main(['--url', url(made), '--state', '1', '--batch', '2']) == 1
        assert capsys.readouterr().out.count('error: bad_request: state must have 2 values') == 2
        assert main(['--url', url(made), '--state', '1']) == 1
        assert 'state must have 2 values' in capsys.readouterr().err


def test_the_client_needs_neither_ros_nor_a_model():
    code = ("import sys, policy_node.gateway.client, policy_node.gateway.client.cli; "
            "sys.exit(bool({'rclpy', 'segue', 'torch', 'cv2', 'scipy'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, '-c', code], check=False, cwd=ROOT).returncode == 0
