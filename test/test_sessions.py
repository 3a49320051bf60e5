"""Which session runs, from messages that come in no strict order."""

from segue_core.sessions import SessionTracker


def test_new_name_begins_a_session_once():
    tracker = SessionTracker()
    assert [tracker.see('a'), tracker.see('a'), tracker.see('b')] == [True, False, True]
    assert tracker.current == 'b'


def test_late_word_of_a_session_that_is_over_does_not_bring_it_back():
    tracker = SessionTracker()
    tracker.see('a')
    tracker.see('b')
    assert not tracker.see('a')
    assert tracker.current == 'b'


def test_empty_name_ends_the_session_for_good():
    tracker = SessionTracker()
    tracker.see('a')
    assert not tracker.see('')
    assert not tracker.see('a')
    assert tracker.current == ''


def test_before_any_session_an_empty_name_says_nothing():
    tracker = SessionTracker()
    assert not tracker.see('')
    assert tracker.see('a')
