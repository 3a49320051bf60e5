"""What is heard becomes frames: one for each control step, with what was seen at its instant."""

from types import SimpleNamespace

import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image, JointState

from segue_core.contract import COMPRESSED_IMAGE, IMAGE, JOINT_STATE, MARKERS, Contract, Input
from segue_recording.session_log.follow import SETTLE_NS, Asked, Follower
from segue_recording.session_log.frame import Unusable
from segue_recording.session_log.node import keep

STEP = 33_000_000
LATER = 10**12
JOINTS = Input('joints', 'joint_states', JOINT_STATE, 'observation.state', ('a', 'b'))
HEAD = Input('head', 'head/image_raw', IMAGE, 'head', ())
CONTRACT = Contract(STEP, (JOINTS, HEAD), ('a', 'b'), ('rad', 'rad'))


def decode(i, raw):
    return np.array(raw)


def follower(contract=CONTRACT, max_age_ns=10**9):
    made = Follower(contract, decode, max_age_ns, lambda: {'config_name': 'pi05'})
    made.session('s')
    return made


def commanded(made, step, stamp=None, columns=None):
    """Joints and a command of a control step; it is heard at its stamp."""
    stamp = step * STEP if stamp is None else stamp
    made.sample('joints', stamp, [float(step), 0.0])
    made.command(columns or {'a': step / 10, 'b': 1.0}, stamp, stamp, 100.0 + step)


def frames(made):
    return list(made.take(LATER))


def test_each_control_step_is_a_frame_with_its_state_and_command():
    made = follower()
    for step in range(3):
        commanded(made, step)
    found = frames(made)
    assert [f.index for f in found] == [0, 1, 2]
    assert [f.state.tolist() for f in found] == [[0, 0], [1, 0], [2, 0]]
    assert [f.action.tolist() for f in found] == [[0, 1], [0.1, 1], [0.2, 1]]
    assert [f.timestamp for f in found] == [100, 101, 102]
    assert found[0].session.describe() == {'config_name': 'pi05'}


def test_state_that_arrives_after_its_command_is_still_its_state():
    made = follower()
    made.sample('joints', 0, [0.0, 0.0])
    made.command({'a': 0.0, 'b': 0.0}, STEP, STEP, 1.0)
    assert list(made.take(STEP + SETTLE_NS - 1)) == []
    made.sample('joints', STEP, [5.0, 0.0])
    assert [f.state[0] for f in made.take(STEP + SETTLE_NS)] == [5.0]


def test_robot_that_is_driven_faster_than_the_policy_gives_a_frame_for_each_step_of_the_policy():
    made = follower()
    for tick in range(300):     # 3 s at 100 Hz
        commanded(made, tick, stamp=tick * 10_000_000)
    assert [f.index for f in frames(made)] == list(range(1 + round(2.99e9 / STEP)))


def test_jitter_of_the_control_step_loses_no_frame():
    made, random = follower(), np.random.default_rng(0)
    for step in range(100):
        commanded(made, step, stamp=round((step + random.uniform(-0.3, 0.3)) * STEP) + STEP)
    assert len(frames(made)) == 100


def test_columns_are_those_of_the_contract_in_its_order():
    made = follower()
    commanded(made, 0, columns={'head': 9.0, 'b': 2.0, 'a': 1.0})
    assert frames(made)[0].action.tolist() == [1.0, 2.0]


def test_frame_with_a_request_has_the_images_that_were_asked_for():
    made = follower()
    made.sample('head', 0, 'old')
    made.sample('head', 5, 'asked for')
    made.request(Asked(4, 5, 5, 'put it'))
    made.sample('head', STEP - 1, 'too new')
    commanded(made, 1)
    commanded(made, 2)
    asked, other = frames(made)
    assert (asked.images, other.images) == ({'head': 'asked for'}, {})
    assert (asked.extra_info['is_inference_frame'], other.extra_info['is_inference_frame']
            ) == (True, False)
    assert (asked.extra_info['request_id'], asked.prompt, other.prompt) == (4, 'put it', 'put it')


def test_images_of_a_slow_first_answer_are_those_that_were_asked_for():
    made = follower()
    made.sample('head', 0, 'asked for')
    made.request(Asked(0, 0, 0, ''))
    assert list(made.take(SETTLE_NS)) == []
    for k in range(1, 100):
        made.sample('head', k * STEP, 'later')
    commanded(made, 99)
    assert frames(made)[0].images == {'head': 'asked for'}


def test_latency_is_that_of_the_chunk_that_came_in_the_step():
    made = follower()
    made.request(Asked(0, 0, 0, ''))
    commanded(made, 0)
    made.chunk(0, 40_000_000, {'request_id': 0})
    commanded(made, 1)
    commanded(made, 2)
    found = frames(made)
    assert [f.latency_ms for f in found] == [None, None, 40.0]
    assert [f.extra_info['chunks'] for f in found] == [[], [], [{'request_id': 0}]]


def test_prompt_of_the_topic_goes_before_that_of_requests():
    made = follower()
    made.request(Asked(0, 0, 0, 'of the request'))
    made.prompt = 'of the topic'
    commanded(made, 0)
    assert frames(made)[0].prompt == 'of the topic'


def test_without_a_session_nothing_is_logged():
    made = Follower(CONTRACT, decode, 10**9, dict)
    commanded(made, 0)
    assert frames(made) == []


def test_session_that_ends_gives_its_frames_at_once_and_the_next_one_begins_at_zero():
    made = follower()
    commanded(made, 0)
    commanded(made, 1)
    assert made.session('')
    assert [f.index for f in made.take(0)] == [0, 1]
    made.session('t')
    assert not made.session('s')    # a late word of the session before
    commanded(made, 2)
    (found,) = frames(made)
    assert (found.session.session_id, found.session.episode_id, found.index) == ('t', 1, 0)


def test_step_without_a_state_is_told_with_the_reason():
    made = follower(max_age_ns=STEP)
    commanded(made, 0)
    made.command({'a': 0.0, 'b': 0.0}, 10 * STEP, 10 * STEP, 1.0)
    good, bad = frames(made)
    assert (good.index, type(bad)) == (0, Unusable)
    assert 'joints (joint_states): newest sample is 0.330 s old' in bad.reason


FAST = STEP // 5


def driven(made, *ticks):
    """Commands of a robot that is driven five times as fast as the policy steps."""
    for tick in ticks:
        made.sample('joints', tick * FAST, [0.0, 0.0])
        made.command({'a': 0.0, 'b': 0.0}, tick * FAST, tick * FAST, 0.0)


def test_steps_whose_commands_did_not_arrive_are_counted():
    made = follower()
    made.status({}, 0, driven=True)
    driven(made, *range(1, 8), *range(23, 30))
    found = frames(made)
    missed = [f for f in found if isinstance(f, Unusable)]
    assert [f.index for f in found if not isinstance(f, Unusable)] == [0, 1, 4, 5]
    assert [m.frames for m in missed] == [2]
    assert 'no command was heard of for 0.11 s' in missed[0].reason


@pytest.mark.parametrize('states', [[], [(10, False), (20, True)]])
def test_steps_without_commands_are_not_missed_while_the_robot_rests(states):
    made = follower()
    made.status({}, 0, driven=bool(states))
    driven(made, *range(1, 8))
    for tick, is_driven in states:
        made.status({}, tick * FAST, driven=is_driven)
    driven(made, *range(23, 30))
    assert [f.index for f in frames(made)] == [0, 1, 2, 3]


def test_commands_as_slow_as_the_policy_may_be_late():
    made = follower()
    made.status({}, 0, driven=True)
    for step in (1, 2, 3, 4.8, 6):
        commanded(made, 0, round(step * STEP))
    assert [f.index for f in frames(made)] == [0, 1, 2, 3, 4]


def test_camera_without_a_sample_is_left_out():
    made = follower()
    made.request(Asked(0, 0, 0, ''))
    commanded(made, 0)
    assert frames(made)[0].images == {}


def test_jpeg_of_a_camera_is_kept_unless_it_must_be_turned():
    import cv2
    encoded = bytes(cv2.imencode('.jpg', np.zeros((2, 4, 3), np.uint8))[1])
    compressed = Input('c', 't', COMPRESSED_IMAGE, 'c', ())
    assert keep(compressed, CompressedImage(format='jpeg', data=encoded)) == encoded
    turned = Input('c', 't', COMPRESSED_IMAGE, 'c', (), rotate=90)
    assert keep(turned, CompressedImage(format='jpeg', data=encoded)).shape == (4, 2, 3)


def test_other_messages_are_decoded():
    raw = Image(height=1, width=1, encoding='bgr8', step=3, data=bytes([1, 2, 3]))
    assert keep(HEAD, raw).tolist() == [[[3, 2, 1]]]
    joints = JointState(name=['b', 'a'], position=[1.0, 2.0])
    assert keep(JOINTS, joints).tolist() == [2.0, 1.0]


def test_only_state_and_cameras_are_listened_to():
    other = SimpleNamespace(name='scene', type=MARKERS, feature='scene')
    made = follower(Contract(STEP, (JOINTS, HEAD, other), ('a',), ('rad',)))
    assert [i.name for i in made.inputs] == ['joints', 'head']
