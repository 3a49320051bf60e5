"""What the gateway's page is told, and what its people may do."""

import base64
import io
import json
import threading
from http.client import HTTPConnection

import numpy as np
import pytest
from gateway_helpers import (
    NAMES,
    ROWS,
    Broken,
    Gated,
    Planning,
    Robot,
    ask,
    connected,
    gateway,
    image,
    raw,
    text_frame,
)
from graph import wait_for
from PIL import Image
from test_gateway_description import check
from websockets.exceptions import InvalidStatus

from policy_node.gateway.events import prompt_refusal
from policy_node.gateway.feed import HISTORY
from policy_node.gateway.parameters import Params


def told(ws, until):
    """The next state that is looked for; each holds what `asyncapi.yaml` says."""
    while True:
        state = json.loads(ws.recv(timeout=20))
        check('state', state)
        if until(state):
            return state


def wish(ws, who, **more):
    ws.send(json.dumps({'watch': who, **more}))


def test_a_watcher_sees_who_is_there_and_what_the_chosen_robot_did():
    robot = Robot()
    with gateway(lambda c: Planning(c, ['front']), robots=lambda: {'arm': robot}) as made, \
            connected(made, '/events') as ws:
        first = told(ws, lambda s: True)
        assert first['sessions'] == [{'id': 'arm', 'kind': 'robot', 'name': 'arm'}]
        assert first['policy']['names'] == list(NAMES) and 'session' in first
        wish(ws, 'arm')
        assert told(ws, lambda s: s['watched'] == 'arm')['session'] is None
        robot.ask(made, front=image(200, 480, 640))
        session = told(ws, lambda s: s.get('session'))['session']
    assert session['prompt'] == 'tidy up' and session['error'] == ''
    assert np.shape(session['chunk']['rows']) == (ROWS, len(NAMES))
    assert session['timings']['inference_ms'] > 0
    picture = Image.open(io.BytesIO(base64.b64decode(session['images']['front'].partition(',')[2])))
    assert picture.size == (320, 240) and picture.getpixel((9, 9)) == (200, 200, 200)


def test_subtasks_are_listed_in_their_order_and_a_new_session_begins_anew():
    robot = Robot()
    with gateway(lambda c: Planning(c), robots=lambda: {'arm': robot}) as made:
        made.keeper.settings = type(made.keeper.settings)(generate_subtask=True)
        for n in range(HISTORY + 3):
            robot.ask(made, f'task {n}')
        with connected(made, '/events') as ws:
            wish(ws, 'arm')
            last = f'step {HISTORY + 3} of task {HISTORY + 2}'
            texts = [h['text'] for h in told(ws, lambda s: s.get('session') and
                     s['session']['history'][-1]['text'] == last)['session']['history']]
            assert texts == [f'step {n} of task {n - 1}' for n in range(4, HISTORY + 4)]
            robot.ask(made, 'another', session='run 2')
            news = told(ws, lambda s: s.get('session') and s['session']['prompt'] == 'another')
            assert [h['text'] for h in news['session']['history']] == [
                f'step {HISTORY + 4} of another']


def test_a_refresh_is_told_although_nobody_asked_for_actions():
    with gateway(lambda c: Planning(c)) as made, connected(made, '/events') as ws, \
            connected(made) as client:
        ask(client, {'state': [1, 2], 'high_level_prompt': 'tidy', 'subtask_refresh_interval': .1})
        who = told(ws, lambda s: s['sessions'])['sessions'][0]
        assert who['kind'] == 'client'
        wish(ws, who['id'])
        assert told(ws, lambda s: s.get('session'))
        wait_for(lambda: made.keeper.poll() or len(made.policy.decodings) > 1, 20, 'a refresh')
        state = told(ws, lambda s: s.get('session') and len(s['session']['history']) > 1)
        assert state['session']['history'][-1]['text'].startswith('step 2')


def test_an_error_is_told_and_what_came_before_it_is_kept():
    robot = Robot()
    with gateway(Broken, robots=lambda: {'arm': robot}) as made, connected(made, '/events') as ws:
        wish(ws, 'arm')
        robot.ask(made)
        session = told(ws, lambda s: s.get('session'))['session']
    assert session['error'] == 'the model is out of memory: tidy up' and session['chunk'] is None


def test_nothing_that_a_policy_saw_is_kept_while_nobody_watches():
    robot = Robot()
    with gateway(lambda c: Planning(c, ['front']), robots=lambda: {'arm': robot}) as made:
        feed = made.reception.feed
        robot.ask(made, front=image(1))
        wait_for(lambda: feed.look('arm'), 20, 'the answer')
        assert feed.look('arm').features == {}
        with connected(made, '/events') as ws:
            wish(ws, 'arm')
            robot.ask(made, front=image(1))
            assert told(ws, lambda s: s.get('session') and s['session']['images'])
        wait_for(lambda: not feed.look('arm').features, 20, 'the pictures to be dropped')


def test_a_client_that_is_gone_is_forgotten():
    with gateway() as made, connected(made, '/events') as ws:
        with connected(made) as client:
            ask(client, {'state': [1, 2]})
            place = told(ws, lambda s: s['sessions'])['sessions'][0]['id']
        assert told(ws, lambda s: not s['sessions'])
        assert made.reception.feed.look(place) is None


def test_watchers_are_shown_the_state_while_an_inference_runs():
    robot = Robot()
    with gateway(Gated, robots=lambda: {'arm': robot}) as made:
        asking = threading.Thread(target=robot.ask, args=(made,))
        asking.start()
        assert made.policy.busy.wait(20)
        with connected(made, '/events') as ws:
            assert told(ws, lambda s: True)['sessions']
        made.policy.open.set()
        asking.join()


def test_whoever_watches_is_told_after_the_answer_is_sent():
    with gateway() as made, connected(made) as client:
        watching, go_on = threading.Event(), threading.Event()
        made.inference.watch = lambda *told: watching.set() or go_on.wait(20)
        assert ask(client, {'state': [1, 2]})['status'] == 'success'
        assert watching.wait(20) and not go_on.is_set()
        go_on.set()


def test_a_watcher_that_reads_nothing_is_disconnected_and_others_go_on():
    robot = Robot()
    with gateway(robots=lambda: {'arm': robot}, send_timeout=0.5) as made, \
            connected(made, '/events') as ws:
        silent = raw(made.port, text_frame(b'{"watch": "arm"}'), '/events')
        robot.ask(made, 'x' * 16_000_000)
        wait_for(lambda: made.counts.slow_clients == 1, 20, 'the silent one to be given up')
        wish(ws, 'arm')
        robot.ask(made)
        assert told(ws, lambda s: s.get('session') and s['session']['prompt'] == 'tidy up')
        silent.close()


def test_a_prompt_reaches_the_robot_and_no_client():
    robot = Robot()
    with gateway(robots=lambda: {'arm': robot}) as made, connected(made, '/events') as ws:
        wish(ws, 'arm', prompt='fold the towel')
        assert 'fold the towel' in told(ws, lambda s: s['notice'])['notice']
        wish(ws, 'client 0.0', prompt='no')
        assert 'clients bring their own prompt' in told(ws, lambda s: s['notice'])['notice']
    assert robot.prompts == ['fold the towel']


@pytest.mark.parametrize(('message', 'says'), [
    ('{', 'no JSON'), ('{}', 'watch must be text'), ('{"watch": 3}', 'watch must be text'),
    (json.dumps({'watch': 'arm', 'prompt': 'x' * 2001}), 'prompt must be text of at most 2000')])
def test_nonsense_is_explained_and_the_watcher_stays(message, says):
    robot = Robot()
    with gateway(robots=lambda: {'arm': robot}) as made, connected(made, '/events') as ws:
        ws.send(message)
        assert says in told(ws, lambda s: s['notice'])['notice']
        wish(ws, 'arm')
        assert told(ws, lambda s: s['watched'] == 'arm')
    assert robot.prompts == []


def test_a_prompt_that_is_not_allowed_moves_nothing():
    robot = Robot()
    with gateway(robots=lambda: {'arm': robot}, allow_prompt=False) as made, \
            connected(made, '/events') as ws:
        wish(ws, 'arm', prompt='fold the towel')
        assert told(ws, lambda s: s['notice'])['notice'] == \
            'prompts cannot be set here: gateway.allow_prompt is false'
    assert robot.prompts == []


@pytest.mark.parametrize(('host', 'token', 'allowed'), [
    ('127.0.0.1', '', True), ('localhost', '', True), ('0.0.0.0', '', False),
    ('0.0.0.0', 'secret', True)])
def test_whom_other_machines_can_reach_needs_a_token_to_take_prompts(host, token, allowed):
    assert (prompt_refusal(Params(host=host), token) == '') is allowed


def test_the_feed_is_for_those_who_may_connect():
    with gateway(token='secret') as made:
        with pytest.raises(InvalidStatus, match='401'), connected(made, '/events'):
            pass
        with pytest.raises(InvalidStatus, match='403'), \
                connected(made, '/events?token=secret', origin='https://evil.example'):
            pass
        with connected(made, '/events?token=secret') as ws:
            assert told(ws, lambda s: True)


@pytest.mark.parametrize('path', ['/', '/demo', '/?token=x'])
def test_a_browser_gets_the_page_and_may_not_frame_it(path):
    with gateway(token='secret') as made:
        connection = HTTPConnection('127.0.0.1', made.port, timeout=10)
        connection.request('GET', path)
        response = connection.getresponse()
        assert response.status == 200 and b'<title>Segue</title>' in response.read()
        assert response.getheader('Content-Type') == 'text/html; charset=utf-8'
        assert response.getheader('X-Frame-Options') == 'DENY'
        connection.close()
