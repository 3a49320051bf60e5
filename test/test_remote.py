"""What policies with a server share: pauses between attempts, images, mappings."""

from types import SimpleNamespace

import numpy as np
import pytest

from policy_node.policies import remote
from policy_node.policies.remote import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Backoff,
    Unreachable,
    fit_image,
    mapping,
    reach,
)
from policy_node.policy import PolicyError


def test_pause_doubles_up_to_the_longest_and_begins_anew_after_an_answer():
    backoff, pauses = Backoff(), []
    for _ in range(7):
        backoff.failed(10.0, 'gone')
        pauses.append(backoff.until - 10.0)
    assert pauses == pytest.approx([min(FIRST_PAUSE * 2**k, LONGEST_PAUSE) for k in range(7)])
    backoff.succeeded()
    backoff.check(0.0)
    backoff.failed(10.0, 'gone')
    assert backoff.until == pytest.approx(10.0 + FIRST_PAUSE)


def test_attempt_within_the_pause_is_refused_with_the_reason():
    backoff = Backoff()
    backoff.failed(10.0, 'the server is gone')
    with pytest.raises(Unreachable, match='the server is gone; next attempt in 0.1 s'):
        backoff.check(10.0)
    backoff.check(10.0 + FIRST_PAUSE)


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only while somebody sleeps."""
    made = SimpleNamespace(now=0.0, pauses=[])

    def sleep(seconds):
        made.now += seconds
        made.pauses.append(seconds)

    monkeypatch.setattr(remote, 'time', SimpleNamespace(monotonic=lambda: made.now, sleep=sleep))
    return made


def test_server_is_tried_until_it_is_there(clock):
    def attempt(left):
        if len(clock.pauses) < 3:
            raise Unreachable('not yet')
        return left

    assert reach(attempt, 10.0) == pytest.approx(10.0 - 0.1 - 0.2 - 0.4)


def test_attempts_end_with_the_time(clock):
    def attempt(left):
        raise Unreachable(f'at {clock.now:.1f} s')

    with pytest.raises(Unreachable, match=r'at 0.7 s'):
        reach(attempt, 1.0)


def test_server_that_refuses_is_not_tried_again(clock):
    def attempt(left):
        raise PolicyError('wrong key')

    with pytest.raises(PolicyError, match='wrong key'):
        reach(attempt, 10.0)
    assert clock.pauses == []


@pytest.mark.parametrize(('shape', 'rows', 'columns'), [
    ((48, 64), slice(4, 28), slice(0, 32)), ((64, 48), slice(0, 32), slice(4, 28)),
    ((16, 16), slice(0, 32), slice(0, 32))])
def test_image_keeps_its_shape_centred_on_black(shape, rows, columns):
    made = fit_image(np.full((*shape, 3), 200, np.uint8), 32, mirror=False)
    assert made.shape == (32, 32, 3)
    assert (made[rows, columns] == 200).all()
    assert made.astype(int).sum() == 200 * 3 * made[rows, columns, 0].size


def test_mapping_leaves_out_what_is_the_same_and_may_feed_one_feature_twice():
    assert mapping('p', ('front', 'front=top', 'arm=single_arm')) == {
        'front': 'front', 'top': 'front', 'single_arm': 'arm'}


@pytest.mark.parametrize('entry', ['', '=', 'a=', '=b'])
def test_malformed_mapping_names_parameter_and_entry(entry):
    with pytest.raises(PolicyError, match=f"gr00t.video: '{entry}' must be feature=key"):
        mapping('gr00t.video', ('front', entry))
