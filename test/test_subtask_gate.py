"""The gate: real threads, one policy. Actions go first and nobody disturbs anybody."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from policy_node.subtasks import DecodingAbandoned, TurnGate

PATIENCE = 20


class Decoder:
    """A decoding on a thread of its own, whose steps the test lets go one by one."""

    def __init__(self, gate, steps=2, cleanup=lambda: None, again=False):
        self.gate, self.log, self.cleanup, self.again = gate, [], cleanup, again
        self.begun = [Event() for _ in range(steps)]
        self.go = [Event() for _ in range(steps)]
        self.result = ThreadPoolExecutor(1).submit(self._run)

    def _run(self):
        with self.gate.decoding('s', again=self.again) as give_way:
            try:
                for begun, go in zip(self.begun, self.go, strict=True):
                    self.log.append('step')
                    begun.set()
                    assert go.wait(PATIENCE)
                    give_way()
            finally:
                self.cleanup()
        return 'decoded'


def act(gate, log, wanted, **how):
    """Want the policy on another thread; `wanted` is set when it is wanted."""
    def run():
        with gate.wanted():
            wanted.set()
            with gate.acting(**how):
                log.append('act')
    return ThreadPoolExecutor(1).submit(run)


def test_action_waits_for_one_step_and_the_decoding_for_the_action():
    gate, wanted = TurnGate(), Event()
    decoder = Decoder(gate, steps=3)
    assert decoder.begun[0].wait(PATIENCE)
    action = act(gate, decoder.log, wanted)
    assert wanted.wait(PATIENCE)
    assert not action.done()
    for go in decoder.go:
        go.set()
    action.result(PATIENCE)
    assert decoder.result.result(PATIENCE) == 'decoded'
    assert decoder.log == ['step', 'act', 'step', 'step']


def test_decoding_does_not_begin_while_the_policy_is_wanted():
    gate = TurnGate()
    with gate.wanted():
        decoder = Decoder(gate)
        with gate.acting():
            decoder.log.append('act')
        assert decoder.log == ['act']
    for go in decoder.go:
        go.set()
    assert decoder.result.result(PATIENCE) == 'decoded'


def test_who_needs_the_policy_alone_ends_the_decoding_after_its_step_and_its_cleanup():
    gate, wanted = TurnGate(), Event()
    decoder = Decoder(gate, cleanup=lambda: decoder.log.append('cleaned'))
    assert decoder.begun[0].wait(PATIENCE)
    action = act(gate, decoder.log, wanted, alone=True)
    assert wanted.wait(PATIENCE)
    for go in decoder.go:
        go.set()
    action.result(PATIENCE)
    with pytest.raises(DecodingAbandoned):
        decoder.result.result(PATIENCE)
    assert decoder.log[0] == 'step' and decoder.log[-2:] == ['cleaned', 'act']


@pytest.mark.parametrize(('again', 'how', 'log'), [
    (False, {'forgetting': 'another'}, ['step', 'act', 'step']),
    (True, {'forgetting': 'another'}, ['step', 'act', 'step']),
    (True, {'alone': True}, ['step', 'step', 'act'])])
def test_decoding_goes_on_beside_other_sessions_and_is_abandoned_once_only(again, how, log):
    gate, wanted = TurnGate(), Event()
    decoder = Decoder(gate, again=again)
    assert decoder.begun[0].wait(PATIENCE)
    action = act(gate, decoder.log, wanted, **how)
    assert wanted.wait(PATIENCE)
    for go in decoder.go:
        go.set()
    action.result(PATIENCE)
    assert decoder.result.result(PATIENCE) == 'decoded'
    assert decoder.log == log


def test_decoding_of_a_session_that_is_over_is_abandoned_even_again():
    gate, wanted = TurnGate(), Event()
    decoder = Decoder(gate, again=True)
    assert decoder.begun[0].wait(PATIENCE)
    action = act(gate, decoder.log, wanted, forgetting='s')
    assert wanted.wait(PATIENCE)
    decoder.go[0].set()
    action.result(PATIENCE)
    with pytest.raises(DecodingAbandoned):
        decoder.result.result(PATIENCE)
    assert decoder.log == ['step', 'act']


def test_decoding_that_has_given_way_already_is_ended_too():
    gate, inside, wanted = TurnGate(), Event(), Event()
    decoder = Decoder(gate)
    assert decoder.begun[0].wait(PATIENCE)

    def act_then_alone():
        with gate.wanted():
            inside.set()
            with gate.acting():     # had once the decoding gave way
                pass
            with gate.acting(alone=True):
                wanted.set()

    action = ThreadPoolExecutor(1).submit(act_then_alone)
    assert inside.wait(PATIENCE)
    decoder.go[0].set()
    action.result(PATIENCE)
    assert wanted.is_set()
    with pytest.raises(DecodingAbandoned):
        decoder.result.result(PATIENCE)


def test_abandoned_decoding_is_known_as_such_whatever_the_policy_makes_of_it():
    gate, wanted = TurnGate(), Event()

    def complain():
        raise ValueError('the decoder was stopped')

    decoder = Decoder(gate, cleanup=complain)
    assert decoder.begun[0].wait(PATIENCE)
    action = act(gate, [], wanted, alone=True)
    assert wanted.wait(PATIENCE)
    for go in decoder.go:
        go.set()
    action.result(PATIENCE)
    with pytest.raises(DecodingAbandoned, match='the decoder was stopped'):
        decoder.result.result(PATIENCE)


def test_failed_decoding_lets_go_of_the_policy():
    gate = TurnGate()
    with pytest.raises(ZeroDivisionError), gate.decoding('s') as give_way:
        give_way()
        raise ZeroDivisionError
    with gate.acting():
        pass
    with gate.decoding('s') as give_way:
        give_way()


def test_two_actions_never_hold_the_policy_together():
    gate, inside, log, first = TurnGate(), Event(), [], Event()

    def hold():
        with gate.acting():
            inside.set()
            assert first.wait(PATIENCE)
            log.append('first')

    holding = ThreadPoolExecutor(1).submit(hold)
    assert inside.wait(PATIENCE)
    wanted = Event()
    second = act(gate, log, wanted)
    assert wanted.wait(PATIENCE)
    first.set()
    holding.result(PATIENCE)
    second.result(PATIENCE)
    assert log == ['first', 'act']


def test_waits_of_actions_are_told():
    waits = []
    gate = TurnGate(waits.append)
    with gate.acting():
        pass
    with gate.acting(alone=True):
        pass
    assert len(waits) == 1 and waits[0] >= 0
