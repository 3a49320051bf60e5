"""What a LeRobot client tells, held against the contract: pure functions."""

import lerobot_client as c
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_node.lerobot_gateway.fitting import FitError, fit
from policy_node.lerobot_gateway.told import read_seen, read_wanted
from policy_node.lerobot_wire.reading import PickleError
from segue_core.contract import IMAGE, JOINT_STATE, Contract, Input

IMAGES = {'front': (4, 6, 3)}


def contract(*inputs, actions=c.JOINTS):
    return Contract(33_333_333, inputs or (
        Input('state', 'joint_states', JOINT_STATE, 'state', c.JOINTS),
        Input('front', 'front/image_raw', IMAGE, 'front', ())), actions, ('rad',) * len(actions))


def told(columns=c.JOINTS, cameras=IMAGES, **changes):
    return read_wanted(c.dumps(c.config(c.features(columns, **cameras), **changes)))


def image(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (4, 6, 3)).astype(np.uint8)


def seen(protocol=None, **values):
    return read_seen(c.dumps(c.observation(**values), protocol))


# ---- what a client tells ----
def test_instructions_are_read():
    wanted = told(rows=7, device='cuda:1', rename_map={'observation.images.a': 'b'})
    assert (wanted.policy_type, wanted.checkpoint, wanted.device) == ('act', 'user/model', 'cuda:1')
    assert (wanted.rows, wanted.cameras) == (7, ('front',))
    assert wanted.state == ('joint_1.pos', 'joint_2.pos', 'joint_3.pos')


@pytest.mark.parametrize(('changes', 'named'), [
    ({'actions_per_chunk': 0}, 'actions_per_chunk 0'),
    ({'actions_per_chunk': '50'}, 'actions_per_chunk is a str'),
    ({'lerobot_features': []}, 'lerobot_features is a list'),
    ({'lerobot_features': {'observation.state': {'names': 3}}}, 'does not name its columns: 3'),
    ({'rename_map': {'a': 1}}, "rename_map {'a': 1}"), ({'device': None}, 'device is a NoneType')])
def test_malformed_instructions_are_refused_by_field(changes, named):
    with pytest.raises(PickleError, match=named):
        read_wanted(c.dumps(c.config(**changes)))


@pytest.mark.parametrize('protocol', [3, 4, 5])
def test_observation_of_every_pickle_protocol_is_read(protocol):
    made = seen(protocol, front=image(), far=np.float32(0.5), near=torch.tensor([1.5, 2.5]))
    assert (made.timestamp, made.timestep, made.must_go) == (100.0, 0, True)
    assert np.array_equal(made.values['front'], image())
    assert made.values['far'] == 0.5
    assert made.values['near'].tolist() == [1.5, 2.5]


@pytest.mark.parametrize('changes', [
    {'timestamp': float('nan')}, {'timestamp': 'now'}, {'timestep': -1}, {'timestep': 1 << 64},
    {'timestep': 1.5}])
def test_malformed_observation_is_refused(changes):
    with pytest.raises(PickleError, match='timest'):
        seen(**changes)


def test_something_else_than_an_observation_is_refused():
    with pytest.raises(PickleError, match='a RemotePolicyConfig where a TimedObservation is due'):
        read_seen(c.dumps(c.config()))


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_spoilt_observation_is_refused_or_read_and_nothing_else(data):
    good = bytearray(c.dumps(c.observation(front=image())))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        fit(contract(), told(), {}).sample(read_seen(bytes(good)))
    except (PickleError, FitError):
        pass


# ---- the contract ----
def test_values_of_the_client_reach_the_topics_that_want_them():
    sample = fit(contract(), told(), {}).sample(seen(front=image()))
    assert sample.joints == {'joint_states': {
        'joint_1': {'position': 0.0}, 'joint_2': {'position': 0.25}, 'joint_3': {'position': 0.5}}}
    assert np.array_equal(sample.images['front/image_raw'], image())
    assert (sample.state.tolist(), sample.task) == ([0.0, 0.25, 0.5], 'wave')


def test_names_of_the_contract_may_be_those_of_lerobot():
    names = tuple(f'{joint}.pos' for joint in c.JOINTS)
    state = Input('state', 'joint_states', JOINT_STATE, 'state', names)
    made = fit(contract(state, actions=names), told(), {})
    assert made.sample(seen()).joints['joint_states']['joint_3.pos'] == {'position': 0.5}
    assert made.by_name


def test_inputs_of_one_topic_are_one_message():
    made = fit(contract(Input('a', 'joints', JOINT_STATE, 'state', ('joint_1', 'joint_2/velocity')),
                        Input('b', 'joints', JOINT_STATE, 'more', ('joint_1/velocity',))),
               told(), {'joint_2/velocity': 'joint_2.pos', 'joint_1/velocity': 'joint_3.pos'})
    assert made.joints == {'joints': {
        'joint_1': {'position': 'joint_1.pos', 'velocity': 'joint_3.pos'},
        'joint_2': {'velocity': 'joint_2.pos'}}}


@pytest.mark.parametrize(('cameras', 'renames', 'client'), [
    (IMAGES, {}, {}), ({'top': (4, 6, 3)}, {'front': 'top'}, {}),
    ({'top': (4, 6, 3)}, {}, {'observation.images.top': 'observation.images.front'})])
def test_camera_is_found_by_name_or_by_rename_map(cameras, renames, client):
    made = fit(contract(), told(cameras=cameras, rename_map=client), renames)
    assert made.images == {'front/image_raw': next(iter(cameras))}


def test_camera_is_found_by_its_feature():
    i = Input('view', 'camera1/image_raw', IMAGE, 'observation.images.front', ())
    assert fit(contract(i), told(), {}).images == {'camera1/image_raw': 'front'}


@pytest.mark.parametrize(('given', 'named'), [
    ({'cameras': {'top': (4, 6, 3)}}, r'contract.front is an image, .*it has top: see rename_map'),
    ({'columns': ('a', 'joint_2')}, r"names has 'joint_1', .*its state is a.pos, joint_2.pos")])
def test_robot_that_lacks_an_input_is_refused_by_name(given, named):
    with pytest.raises(FitError, match=named):
        fit(contract(), told(**given), {})


def test_columns_go_to_the_client_in_the_order_of_its_state():
    made = fit(contract(), told(('joint_3', 'joint_1', 'joint_2')), {})
    assert (made.order, made.by_name) == (('joint_3', 'joint_1', 'joint_2'), True)


def test_columns_that_the_state_lacks_go_in_the_order_of_the_contract():
    made = fit(contract(actions=('x', 'joint_1')), told(), {})
    assert (made.order, made.by_name) == (('x', 'joint_1'), False)


@pytest.mark.parametrize(('values', 'named'), [
    ({'joint_2.pos': float('inf')}, "no finite number 'joint_2.pos': inf"),
    ({'joint_2.pos': 10 ** 400}, "no finite number 'joint_2.pos'"),
    ({'joint_2.pos': 'x'}, "no finite number 'joint_2.pos': str"),
    ({'front': None}, "no RGB image 'front' .*: NoneType"),
    ({'front': image().astype(np.float32)}, r"no RGB image 'front' .*: float32 of shape"),
    ({'task': 3}, 'task is a int')])
def test_unusable_value_is_refused_by_name(values, named):
    with pytest.raises(FitError, match=named):
        fit(contract(), told(), {}).sample(seen(**{'front': image(), **values}))
