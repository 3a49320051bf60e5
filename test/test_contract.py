"""Contract: parameters are checked against each other."""

import pytest

from segue_core.contract import JOINT_STATE, POSE, Contract, ContractParams, InputParams
from segue_core.parameters import ParameterError

CAMERA = InputParams(topic='camera/image_raw')


def test_input_feeds_the_feature_of_its_own_name_unless_told_otherwise():
    contract = Contract.from_params(
        ContractParams(control_rate=20.0, observations=('front', 'side')),
        {'front': CAMERA, 'side': InputParams(topic='side', feature='observation.images.side')})
    assert [i.feature for i in contract.inputs] == ['front', 'observation.images.side']
    assert contract.step_ns == 50_000_000


@pytest.mark.parametrize(('params', 'inputs', 'message'), [
    ({'actions': ('a', 'b'), 'action_units': ('rad',)}, {}, r'action_units .* \(2\), got 1'),
    ({'actions': ('a', 'a'), 'action_units': ('', '')}, {}, 'actions must be unique'),
    ({'observations': ('x',)}, {'x': InputParams()}, r'contract\.x\.topic is empty'),
    ({'observations': ('x',)}, {'x': InputParams(topic='t', type=JOINT_STATE)},
     r'contract\.x\.names is empty'),
    ({'observations': ('x',)}, {'x': InputParams(topic='t', type=POSE)}, 'names is empty'),
    ({'observations': ('x',)}, {'x': InputParams(topic='t', rotate=45)},
     r'contract\.x\.rotate must be 0, 90, 180 or 270 deg, got 45'),
    ({'observations': ('x',)}, {'x': InputParams(topic='t', type=JOINT_STATE, names=('j',),
                                                 rotate=90)}, r'contract\.x\.rotate turns images'),
])
def test_contradiction_is_refused_by_name(params, inputs, message):
    with pytest.raises(ParameterError, match=message):
        Contract.from_params(ContractParams(**params), inputs)


def test_features_tell_their_columns_and_can_be_narrowed():
    contract = Contract.from_params(ContractParams(observations=('front', 'arm', 'tip')), {
        'front': CAMERA,
        'arm': InputParams(topic='j', type=JOINT_STATE, feature='state', names=('a', 'b')),
        'tip': InputParams(topic='p', type=POSE, feature='state', names=('x',))})
    assert contract.features == {'front': 0, 'state': 3}
    assert [i.name for i in contract.narrowed(['state']).inputs] == ['arm', 'tip']


@pytest.mark.parametrize(('names', 'doubt'), [
    (('a.pos', 'b.pos'), None),
    (('a.pos', 'b.pos', 'a.pos/velocity', 'c'), None),
    (('b.pos', 'a.pos'), 'contract.arm.names and contract.actions have the same joints in'),
    (('a', 'b.pos'), r'contract.arm.names has a, contract.actions a.pos: are both in the units')])
def test_joints_observed_in_other_units_or_order_are_doubted(names, doubt):
    contract = Contract.from_params(
        ContractParams(observations=('arm',), actions=('a.pos', 'b.pos'),
                       action_units=('percent', 'percent')),
        {'arm': InputParams(topic='j', type=JOINT_STATE, names=names)})
    assert bool(contract.doubts) == bool(doubt)
    if doubt:
        assert contract.doubts[0].startswith(doubt)
