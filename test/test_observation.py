"""Observation: the newest sample at or before an instant, or a reason why there is none."""

import numpy as np
import pytest

from policy_node.observation import ObservationBuffer
from segue_core.contract import IMAGE, JOINT_STATE, MARKERS, Input

ARM = Input('arm', 'joint_states', JOINT_STATE, 'state', ('a',))
GRIPPER = Input('gripper', 'gripper_states', JOINT_STATE, 'state', ('g',))
CAMERA = Input('camera', 'camera/image_raw', IMAGE, 'camera', ())
SCENE = Input('scene', 'scene', MARKERS, 'scene', ())


def make(*inputs, max_age_ns=10, decoded=None):
    def decode(i, raw):
        if decoded is not None:
            decoded.append((i.name, raw))
        return raw
    return ObservationBuffer(inputs, decode, max_age_ns)


@pytest.mark.parametrize(('stamp', 'picked'), [(20, 'b'), (25, 'b'), (30, 'c'), (40, 'c')])
def test_newest_sample_at_or_before_the_instant_is_picked(stamp, picked):
    b = make(CAMERA)
    for at, raw in ((10, 'a'), (20, 'b'), (30, 'c')):
        b.add('camera', at, raw)
    assert b.features(b.sample(stamp, 0)) == {'camera': picked}


@pytest.mark.parametrize(('stamp', 'not_before', 'reason'), [
    (31, 0, 'newest sample is 0.000 s old'),
    (25, 21, 'newest sample is 0.000 s old'),
    (15, 0, 'oldest sample is 0.000 s too new'),
])
def test_sample_that_is_too_old_too_new_or_of_another_session_is_missing(
        stamp, not_before, reason):
    b = make(CAMERA)
    b.add('camera', 20, 'a')
    assert b.sample(stamp, not_before).missing == (f'camera (camera/image_raw): {reason}',)


def test_missing_sample_is_hopeless_once_its_input_has_gone_on():
    b = make(CAMERA, SCENE)
    assert not b.sample(25, 0).hopeless
    b.add('camera', 10, 'a')
    assert not b.sample(25, 0).hopeless
    b.add('camera', 30, 'b')
    assert b.sample(25, 0).hopeless
    assert not b.sample(30, 0).hopeless


@pytest.mark.parametrize(('i', 'rate', 'stall'), [(CAMERA, 30, 0.3), (ARM, 250, 2.0)])
def test_a_request_that_was_held_up_still_gets_what_was_seen_at_its_instant(i, rate, stall):
    b = make(i, max_age_ns=10**9 // rate)
    for k in range(10 * rate):
        b.add(i.name, k * 10**9 // rate, k)
    asked_ns = round((10 - stall) * 10**9)
    assert b.features(b.sample(asked_ns, 0)) == {i.feature: int((10 - stall) * rate)}


def test_lockstep_wants_the_very_instant():
    b = make(CAMERA, max_age_ns=0)
    b.add('camera', 20, 'a')
    assert b.sample(21, 0).missing
    assert b.features(b.sample(20, 0)) == {'camera': 'a'}


def test_every_missing_input_is_named():
    assert make(CAMERA, SCENE).sample(0, 0).missing == (
        'camera (camera/image_raw): nothing received', 'scene (scene): nothing received')


def test_vectors_of_one_feature_are_joined_in_the_order_of_the_contract():
    b = make(GRIPPER, ARM)
    b.add('arm', 0, np.array([1.0, 2.0]))
    b.add('gripper', 0, np.array([3.0]))
    assert b.features(b.sample(0, 0))['state'].tolist() == [3.0, 1.0, 2.0]


def test_latched_input_stays_valid():
    b = make(SCENE)
    b.add('scene', 5, 'cube')
    assert b.features(b.sample(10**12, 10**11)) == {'scene': 'cube'}


def test_only_picked_samples_are_decoded_and_only_when_their_features_are_wanted():
    decoded = []
    b = make(CAMERA, decoded=decoded)
    for at in range(5):
        b.add('camera', at, at)
    sampled = b.sample(4, 0)
    assert decoded == []
    b.features(sampled)
    assert decoded == [('camera', 4)]


def test_clock_that_was_set_back_makes_older_samples_void():
    b = make(CAMERA, max_age_ns=100)
    b.add('camera', 1000, 'before')
    b.add('camera', 5, 'after')
    assert b.features(b.sample(6, 0)) == {'camera': 'after'}
    assert b.sample(1000, 0).missing


def test_only_inputs_that_are_needed_are_waited_for_and_decoded():
    decoded = []
    b = make(ARM, CAMERA, decoded=decoded)
    b.inputs = (ARM,)
    b.add('camera', 10, 'picture')
    b.add('arm', 10, np.array([1.0]))
    assert list(b.features(b.sample(10, 0))) == ['state']
    assert [name for name, _ in decoded] == ['arm']
    b.inputs = (ARM, CAMERA)
    assert b.features(b.sample(10, 0))['camera'] == 'picture'
