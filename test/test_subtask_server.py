"""PolicyServer with a policy of two levels: chunks carry what they pursue, decodings give way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, current_thread

import numpy as np
import pytest
from subtask_helpers import NO_IDEA, SECOND, TwoLevel

from policy_node.policy import PolicyConfig, PolicyError, Prediction
from policy_node.server import MAX_SESSIONS, Asked, PolicyServer
from policy_node.subtasks import SubtaskKeeper, SubtaskSettings, TurnGate
from segue_core.chunk import Request

CONFIG = PolicyConfig('', 2, 10, ('arm', 'gripper'), ('rad', 'rad'))
REQUEST = Request(session_id='s', session_start_ns=0, request_id=0, stamp_ns=0, timestep=0, task='',
                  must_go=True, queue_size=0, estimated_delay=0.0, deadline_ns=1,
                  names=('arm', 'gripper'), prefix=np.empty((0, 2)))
SETTINGS = SubtaskSettings(generate_subtask=True, subtask_refresh_interval=2.0,
                           subtask_early_refresh=False)
PATIENCE = 20


class Batching(TwoLevel):
    """Infers batches of what each query pursues."""

    def infer_batch(self, queries):
        return [Prediction(np.zeros((2, 2)), subtask=f'pursued {q.observation.subtask}')
                for q in queries]


class Stepwise(TwoLevel):
    """Decodes the refreshes of session s step by step, as the test lets it; logs who uses it."""

    def __init__(self):
        super().__init__()
        self.log, self.inside, self.go = [], Event(), Event()

    def infer(self, observation, prefix, delay):
        self.log.append('act')
        return super().infer(observation, prefix, delay)

    def subtask(self, observation, decoding, give_way):
        if current_thread().name.startswith('subtask'):
            self.log.append('step')
            self.inside.set()
            assert self.go.wait(PATIENCE)
            give_way()
            self.log.append('step')
        return super().subtask(observation, decoding, give_way)

    def reset(self, session_id):
        self.log.append(f'reset {session_id}')


class WatchedGate(TurnGate):
    """Tells when somebody comes who wants the policy for an action."""

    def __init__(self):
        super().__init__()
        self.come = Event()

    def acting(self, **how):
        self.come.set()
        return super().acting(**how)


def while_it_decodes(server, call, *arguments):
    """Call on another thread, and let a decoding go on once the call is at the gate."""
    policy = server.policy
    assert policy.inside.wait(PATIENCE)
    server.subtasks.gate.come.clear()
    result = ThreadPoolExecutor(1).submit(call, *arguments)
    assert server.subtasks.gate.come.wait(PATIENCE)
    policy.go.set()
    return result.result(PATIENCE)


def serving(policy, settings=SETTINGS, **how):
    server = PolicyServer(CONFIG, SubtaskKeeper(settings, **how))
    server.policy, server.subtasks.gate = policy, WatchedGate()
    return server


def asked(session='s', seconds=0.0):
    return Asked(replace(REQUEST, session_id=session, stamp_ns=round(seconds * SECOND)),
                 {'state': np.zeros(1)}, 'tidy up')


def infer(server, session='s', seconds=0.0):
    a = asked(session, seconds)
    return server.infer(a.request, a.features, a.prompt)


def test_chunk_carries_the_subtask_that_the_policy_pursued():
    server = serving(TwoLevel(), replace(SETTINGS, subtask_wait=True))
    assert [infer(server, seconds=t).subtask for t in (0, 1, 2)] == ['step 1', 'step 1', 'step 2']
    assert server.policy.acted.subtask == 'step 2'


def test_a_new_subtask_is_guided_only_by_the_rows_that_are_executed_meanwhile():
    class Told(TwoLevel):
        def infer(self, observation, prefix, delay):
            told.append(len(prefix))
            return super().infer(observation, prefix, delay)

    told, server = [], serving(Told(), replace(SETTINGS, subtask_wait=True))
    for seconds in (0, 1, 2, 3):    # from 2 s on it is another subtask
        request = replace(asked(seconds=seconds).request, prefix=np.zeros((8, 2)),
                          estimated_delay=2.3)
        server.infer(request, asked().features, 'tidy up')
    assert told == [8, 8, 3, 8]


def test_subtask_that_the_policy_names_itself_is_left():
    server = serving(Batching())
    assert [c.subtask for c in server.infer_batch([asked('a'), asked('b')])] == [
        'pursued step 1', 'pursued step 2']


def test_who_has_no_subtask_does_not_touch_the_others_of_its_batch():
    server = serving(Batching())
    infer(server, 'a')
    server.policy.error = NO_IDEA
    first, second = server.infer_batch([asked('a'), asked('b')])
    assert (first.subtask, second) == ('pursued step 1', NO_IDEA)


def test_first_subtask_that_fails_is_the_answer():
    server = serving(TwoLevel())
    server.policy.error = NO_IDEA
    with pytest.raises(PolicyError, match='no idea'):
        infer(server)


def test_refresh_begins_after_the_action_and_gives_way_to_the_next_one():
    changed, policy = Event(), Stepwise()
    server = serving(policy, on_change=lambda session, new: new.refresh_count and changed.set())
    infer(server)
    assert infer(server, seconds=2).subtask == 'step 1'
    assert while_it_decodes(server, infer, server, 's', 2.1).subtask == 'step 1'
    assert changed.wait(PATIENCE)
    assert policy.log == ['reset s', 'act', 'act', 'step', 'act', 'step']
    assert infer(server, seconds=2.2).subtask == 'step 2'


def test_another_robot_that_begins_does_not_wait_for_a_whole_refresh():
    changed, policy = Event(), Stepwise()
    server = serving(policy, on_change=lambda session, new: new.refresh_count and changed.set())
    infer(server)
    infer(server, seconds=2)
    assert while_it_decodes(server, infer, server, 'another').session_id == 'another'
    assert changed.wait(PATIENCE)
    assert policy.log == ['reset s', 'act', 'act', 'step', 'reset another', 'act', 'step', 'step']


def test_another_robot_that_ends_leaves_a_refresh_alone():
    changed, policy = Event(), Stepwise()
    server = serving(policy, on_change=lambda session, new: new.refresh_count and changed.set())
    infer(server, 'another')
    infer(server)
    infer(server, seconds=2)
    while_it_decodes(server, server.end, 'another')
    assert changed.wait(PATIENCE)
    assert policy.log[-3:] == ['step', 'reset another', 'step']


def test_policy_is_closed_only_when_nothing_is_decoded_any_more():
    policy = Stepwise()
    policy.close = lambda: policy.log.append('closed')
    server = serving(policy)
    infer(server)
    infer(server, seconds=2)
    while_it_decodes(server, server.close)
    assert policy.log[-2:] == ['step', 'closed']
    assert server.subtasks.current('s') is None


def test_sessions_that_are_long_over_are_forgotten():
    server = serving(TwoLevel())
    for k in range(MAX_SESSIONS + 1):
        infer(server, f's{k}')
    assert server.subtasks.current('s0') is None
    assert server.subtasks.current('s1').text == 'step 2'
