"""Subtasks: first before the chunk, later ones beside it, and a failure leaves the one before."""

from dataclasses import replace

import pytest
from subtask_helpers import NO_IDEA, OneLevel, Thinking, TwoLevel, observation

from policy_node.policy import Decoding, PolicyError, Subtask
from policy_node.subtasks import Provenance, SubtaskSettings, View


def test_first_subtask_is_there_before_the_first_chunk():
    thinking = Thinking()
    seen = thinking.at(7)
    assert (seen.subtask, seen.prompt) == ('step 1', 'tidy up')
    (session, new), = thinking.told
    assert (session, new.text, new.tokens, new.prompt, new.stamp_ns, new.refresh_count) == (
        's', 'step 1', (1,), 'tidy up', 7_000_000_000, 0)
    assert new.provenance is Provenance.DECODED and new.decoding_ns > 0


def test_nothing_is_decoded_unless_it_is_wanted():
    thinking = Thinking(generate_subtask=False)
    assert thinking.at(0).subtask == ''
    assert thinking.policy.asked == thinking.told == []


def test_refresh_is_begun_when_due_and_pursued_from_the_first_chunk_after_it_on():
    thinking = Thinking()
    assert [thinking.at(t).subtask for t in (0, 1.9)] == ['step 1', 'step 1']
    assert not thinking.jobs
    assert thinking.at(2).subtask == 'step 1'
    assert thinking.at(2.1).subtask == 'step 1'
    thinking.refresh()
    assert thinking.keeper.current('s').refresh_count == 1
    assert thinking.at(2.2).subtask == 'step 2'
    assert [new.stamp_ns / 1e9 for _, new in thinking.told] == [0, 2]


def test_policy_is_told_what_was_pursued_so_far_and_each_subtask_has_a_seed_of_its_own():
    thinking = Thinking(subtask_seed=40, max_decoding_steps=5, temperature=0.5)
    thinking.at(0)
    thinking.at(2)
    thinking.refresh()
    assert [seen.subtask for seen, _ in thinking.policy.asked] == ['', 'step 1']
    assert [d for _, d in thinking.policy.asked] == [
        Decoding(max_decoding_steps=5, temperature=0.5, seed=seed) for seed in (40, 41)]


def test_interval_of_zero_never_refreshes():
    thinking = Thinking(subtask_refresh_interval=0.0, subtask_early_refresh=True)
    assert [thinking.at(t).subtask for t in (0, 1000)] == ['step 1', 'step 1']
    assert not thinking.jobs


def test_interval_may_be_changed_while_running():
    thinking = Thinking()
    thinking.at(0)
    thinking.keeper.settings = replace(thinking.keeper.settings, subtask_refresh_interval=0.5)
    thinking.at(0.5)
    thinking.refresh()
    assert thinking.at(0.6).subtask == 'step 2'


def test_with_wait_the_refresh_is_finished_before_the_chunk():
    thinking = Thinking(subtask_wait=True)
    assert [thinking.at(t).subtask for t in (0, 1.9, 2, 3.9, 4)] == [
        'step 1', 'step 1', 'step 2', 'step 2', 'step 3']
    assert not thinking.jobs


@pytest.mark.parametrize('wait', [False, True])
def test_failed_refresh_keeps_the_subtask_and_is_tried_again_after_the_interval(wait):
    thinking = Thinking(subtask_wait=wait)
    run = (lambda: None) if wait else thinking.refresh
    thinking.at(0)
    thinking.policy.error = ZeroDivisionError('a bug')
    assert thinking.at(2).subtask == 'step 1'
    run()
    assert thinking.at(2.1).subtask == 'step 1'
    assert not thinking.jobs
    figures = thinking.keeper.figures()
    assert (figures.failures, figures.last_failure) == (1, 'ZeroDivisionError: a bug')
    thinking.policy.error = None
    thinking.at(4)
    run()
    assert thinking.at(4.1).subtask == 'step 3'
    figures = thinking.keeper.figures()
    assert (figures.decoded, figures.failures, figures.last_failure) == (2, 1, '')


def test_first_subtask_that_fails_fails_the_chunk_and_the_next_request_tries_again():
    thinking = Thinking()
    thinking.policy.error = NO_IDEA
    with pytest.raises(PolicyError, match='no idea'):
        thinking.at(0)
    assert thinking.keeper.figures().failures == 1
    thinking.policy.error = None
    assert thinking.at(0.1).subtask == 'step 2'


def test_empty_subtask_is_refused_by_name():
    thinking = Thinking()
    thinking.policy.subtask = lambda observation, decoding, give_way: Subtask('')
    with pytest.raises(PolicyError, match='gave an empty subtask'):
        thinking.at(0)


def test_another_prompt_has_another_subtask_at_once_and_a_refresh_of_the_old_one_is_dropped():
    thinking = Thinking()
    thinking.at(0)
    thinking.at(2)
    assert thinking.at(2.1, prompt='go home').subtask == 'step 2'
    thinking.refresh()
    assert len(thinking.policy.asked) == 2
    assert thinking.keeper.current('s').prompt == 'go home'


def test_override_is_pursued_at_once_and_what_it_replaced_is_decoded_anew_after_it():
    thinking = Thinking()
    thinking.at(0)
    thinking.at(2)
    thinking.keeper.settings = replace(thinking.keeper.settings, low_level_prompt='grasp the cup')
    seen = thinking.at(2.1)
    assert (seen.subtask, seen.prompt) == ('grasp the cup', 'tidy up')
    thinking.refresh()
    assert thinking.at(2.2).subtask == 'grasp the cup'
    thinking.keeper.settings = replace(thinking.keeper.settings, low_level_prompt='')
    assert thinking.at(2.3).subtask == 'step 2'
    assert [(new.refresh_count, new.provenance.name) for _, new in thinking.told] == [
        (0, 'DECODED'), (1, 'OVERRIDE'), (2, 'DECODED')]


def test_policy_of_one_level_gets_the_override_as_its_prompt_and_no_subtask_otherwise():
    thinking = Thinking(policy=OneLevel())
    assert (thinking.at(0).subtask, thinking.at(0).prompt) == ('', 'tidy up')
    thinking.keeper.settings = replace(thinking.keeper.settings, low_level_prompt='grasp the cup')
    assert (thinking.at(1).subtask, thinking.at(1).prompt) == ('grasp the cup', 'grasp the cup')


def test_each_session_has_its_own_subtask_and_may_have_its_own_settings():
    thinking = Thinking(generate_subtask=False)
    thinking.keeper.set('a', SubtaskSettings(generate_subtask=True))
    thinking.keeper.set('b', SubtaskSettings(low_level_prompt='wait'))
    assert [thinking.at(0, session=s).subtask for s in 'abc'] == ['step 1', 'wait', '']
    thinking.keeper.set('b', None)
    assert [thinking.at(1, session=s).subtask for s in 'abc'] == ['step 1', '', '']


def test_forgotten_session_begins_anew_and_its_refresh_is_dropped():
    thinking = Thinking()
    thinking.at(0)
    thinking.at(2)
    thinking.keeper.forget('s')
    thinking.refresh()
    assert (thinking.keeper.current('s'), len(thinking.policy.asked)) == (None, 1)
    thinking.at(3)
    assert thinking.told[-1][1].refresh_count == 0


def test_another_policy_forgets_the_subtasks_but_not_the_settings():
    thinking = Thinking(generate_subtask=False)
    thinking.keeper.set('s', SubtaskSettings(generate_subtask=True))
    thinking.at(0)
    thinking.keeper.clear()
    assert thinking.keeper.current('s') is None
    thinking.policy = TwoLevel()
    assert thinking.at(1).subtask == 'step 1'
    assert thinking.told[-1][1].refresh_count == 0


def test_session_that_asks_for_nothing_is_refreshed_from_what_is_seen_now():
    now = [0.0]
    thinking = Thinking(newest=lambda session: View(
        round(now[0] * 1e9), lambda: observation(now[0], state=(now[0],))))
    thinking.at(0)
    for now[0] in (1.9, 2.0, 2.1):
        thinking.keeper.poll()
    thinking.refresh()
    assert thinking.told[-1][1].stamp_ns == 2_100_000_000
    assert thinking.policy.asked[-1][0].features['state'] == 2.1
    thinking.keeper.poll()
    assert not thinking.jobs


@pytest.mark.parametrize('settings', [{'subtask_wait': True}, {'generate_subtask': False},
                                      {'subtask_refresh_interval': 0.0}])
def test_polling_begins_nothing_that_is_not_wanted(settings):
    thinking = Thinking(newest=lambda session: View(10**11, lambda: observation(100)), **settings)
    thinking.at(0)
    thinking.keeper.poll()
    assert not thinking.jobs


def test_polling_leaves_a_session_that_asks_to_its_chunks():
    thinking = Thinking(newest=lambda session: View(2_500_000_000, lambda: observation(2.5)))
    thinking.at(0)
    thinking.at(1.9)
    thinking.keeper.poll()
    assert not thinking.jobs


def test_early_refresh_comes_before_the_interval_is_over_but_not_at_once():
    thinking = Thinking(subtask_refresh_interval=60.0, subtask_early_refresh=True,
                        subtask_stall_time=1.0, subtask_min_interval=1.5)
    for t in (0, 1, 1.4):
        thinking.at(t)
    assert not thinking.jobs
    thinking.at(1.5)
    thinking.refresh()
    figures = thinking.keeper.figures()
    assert (figures.early, figures.early_reason) == (1, 'stalled')
    thinking.at(2.9)
    assert not thinking.jobs


def test_early_refresh_can_be_switched_off():
    thinking = Thinking(subtask_refresh_interval=60.0, subtask_early_refresh=False,
                        subtask_stall_time=1.0)
    for t in (0, 1, 50):
        thinking.at(t)
    assert not thinking.jobs


def test_session_whose_state_is_not_looked_at_is_not_refreshed_early():
    thinking = Thinking(newest=lambda session: View(10 * 10**9, lambda: observation(10)),
                        subtask_refresh_interval=60.0, subtask_early_refresh=True)
    thinking.at(0)
    thinking.keeper.poll()
    assert not thinking.jobs
