"""A gateway and its clients over real sockets: who is served, and who is told what was wrong."""

import base64
import io
import json
import time

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
    get,
    image,
    openpi_infer,
)
from graph import wait_for
from PIL import Image

from policy_node.policies.openpi import wire


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
    assert (made.counts.requests, made.counts.answers, made.counts.errors) == (7, 1, 6)


def test_of_unforeseen_errors_clients_get_type_and_message_and_the_log_has_the_rest():
    with gateway(Broken) as made, connected(made) as ws:
        answer = ask(ws, {'state': [1, 2], 'high_level_prompt': 'bug'})
        assert (answer['error'], answer['error_type']) == ('ZeroDivisionError: a bug', 'internal')
        answer = ask(ws, {'state': [1, 2]})
        assert answer['error'] == 'the model is out of memory: by default'
        assert answer['error_type'] == 'policy'
    assert any('Traceback' in line for line in made.log.lines)


@pytest.mark.parametrize(('request_', 'words'), [
    ({'images': {'\ud800': 1}}, r'\ud800'), ({'\ud800': 1, 'state': [1]}, 'state must have'),
    ({'high_level_prompt': '\ud800'}, 'high_level_prompt must be text in Unicode'),
    ({'low_level_prompt': '\ud800'}, 'low_level_prompt must be text in Unicode')])
def test_text_that_no_ros_message_can_carry_is_refused_and_told_as_one_can(request_, words):
    with gateway() as made, connected(made) as ws:
        answer = ask(ws, request_)
        assert (answer['status'], answer['error_type']) == ('error', 'bad_request')
        assert words in answer['error']
        assert made.counts.last_error.encode() and '\n'.join(made.log.lines).encode()
        assert ask(ws, {'state': [1, 2]})['status'] == 'success'


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
