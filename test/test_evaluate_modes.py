"""Modes: each is a bridge setting and a policy parameter; unknown and impossible ones are told."""

import pytest

from robot_bridge.aggregation import AGGREGATES
from segue_core.parameters import ParameterError
from segue_evaluation.modes import MODES, Chunking, find_modes, overrides

CHUNKING = Chunking(actions_per_chunk=32, threshold=0.5, execution_horizon=16)


def test_every_mode_merges_as_the_bridge_can():
    assert {mode.aggregate_fn_name for mode in MODES.values()} == set(AGGREGATES)


def test_synchronous_mode_asks_with_an_empty_queue_and_has_chunks_of_its_own_length():
    made = overrides(MODES['sync'], CHUNKING, 'expert', {})
    assert made == {'aggregate_fn_name': 'latest_only', 'chunk_size_threshold': 0.0,
                    'actions_per_chunk': 16}


@pytest.mark.parametrize(('mode', 'rtc'), [
    ('sync', 'off'), ('average', 'off'), ('rtc_guided', 'guided'), ('rtc_trained', 'trained')])
def test_policy_that_can_continue_chunks_is_told_whether_and_how(mode, rtc):
    made = overrides(MODES[mode], CHUNKING, 'reference', {'rtc': 'off', 'seed': 0})
    assert made['reference.rtc'] == rtc
    assert made['actions_per_chunk'] == (16 if mode == 'sync' else 32)


def test_a_switch_is_switched_and_cannot_be_more():
    for mode, on in (('sync', False), ('average', False), ('rtc_guided', True)):
        assert overrides(MODES[mode], CHUNKING, 'lerobot', {'rtc': False})['lerobot.rtc'] is on
    with pytest.raises(ParameterError, match='rtc that can be trained.*lerobot has none'):
        overrides(MODES['rtc_trained'], CHUNKING, 'lerobot', {'rtc': False})


def test_policy_that_cannot_continue_chunks_is_refused_for_it():
    with pytest.raises(ParameterError, match='mode rtc_guided needs a policy with the parameter '
                                             'rtc that can be guided.*expert has none'):
        overrides(MODES['rtc_guided'], CHUNKING, 'expert', {'seed': 0})


def test_unknown_mode_is_refused_with_the_nearest_and_all_others():
    with pytest.raises(ParameterError, match=r"'latest' \(did you mean latest_only\?\).*sync"):
        find_modes(['sync', 'latest'], ())


def test_modes_come_in_one_order_and_once():
    found = find_modes(['average', 'sync', 'average'], ())
    assert [mode.name for mode in found] == ['sync', 'average']


def test_without_names_all_modes_come_that_the_policy_can_do():
    assert [mode.name for mode in find_modes([], ('guided', 'trained'))] == list(MODES)
    assert [mode.name for mode in find_modes([], ('guided',))] == list(MODES)[:-1]
    assert 'rtc_guided' not in {mode.name for mode in find_modes([], ())}
