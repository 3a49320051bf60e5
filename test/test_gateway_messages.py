"""Requests are read as they are printed in the document; what is wrong with others is told."""

import json

import numpy as np
import pytest
from gateway_examples import REQUEST, filled
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_node.gateway import messages, openpi
from policy_node.gateway.errors import BadRequest
from policy_node.gateway.features import FeatureMap, given_fields, given_keys
from policy_node.gateway.images import PixelBudget
from policy_node.gateway.parameters import Params
from policy_node.policies.openpi import wire
from policy_node.policy import Decoding
from segue_core.parameters import ParameterError


def test_the_printed_request_is_read_field_for_field():
    request = messages.request_of(messages.loads(filled(REQUEST, columns=3)))
    assert list(request.images) == ['base_0_rgb', 'left_wrist_0_rgb', 'right_wrist_0_rgb']
    assert request.prompt == 'Pick up the flashcard on the table'
    assert (request.low_level_prompt, request.generate_subtask) == ('ABCDEFG', True)
    assert request.state.tolist() == [0.0, 0.0, 0.0]
    assert request.decoding == Decoding(max_decoding_steps=25, temperature=0.1)
    assert (request.refresh_interval, request.ignored) == (2.0, ())


def test_everything_in_a_request_is_optional():
    request = messages.request_of({'state': None, 'low_level_prompt': None, 'extra': 1})
    assert (request.images, request.state, request.prompt) == ({}, None, '')
    assert (request.generate_subtask, request.decoding) == (True, Decoding())
    assert (request.refresh_interval, request.ignored) == (None, ('extra',))


@pytest.mark.parametrize(('field', 'value', 'words'), [
    ('images', [1], 'object of name -> image, got a list of length 1'),
    ('high_level_prompt', 5, 'must be text, got 5'),
    ('low_level_prompt', ['a'], 'must be text'),
    ('state', [[1.0]], r'got int64|got float64 of shape \(1, 1\)'),
    ('state', 'abc', "got 'abc'"),
    ('state', [1, 'a'], 'list of numbers'),
    ('state', [1, [2]], 'list of numbers'),
    ('state', [1e400], 'entry 0 is not'),
    ('state', {}, 'got a dict of length 0'),
    ('generate_subtask', 1, 'true or false, got 1'),
    ('max_decoding_steps', 0, '1..1024, got 0'),
    ('max_decoding_steps', 2.5, 'whole number, got 2.5'),
    ('max_decoding_steps', True, 'got True'),
    ('max_decoding_steps', 10**30, '1..1024'),
    ('temperature', -0.1, '0..10, got -0.1'),
    ('temperature', 'hot', "got 'hot'"),
    ('subtask_refresh_interval', 0, '0.05..3600, got 0'),
    ('subtask_refresh_interval', '2', "got '2'"),
    ('request_id', 1.5, 'whole number, got 1.5'),
    ('request_id', True, 'got True'),
])
def test_a_field_that_cannot_be_used_is_named_with_its_value(field, value, words):
    with pytest.raises(BadRequest, match=words) as error:
        messages.request_of({field: value})
    assert str(error.value).startswith(field)


@pytest.mark.parametrize(('frame', 'words'), [
    ('', 'no JSON'), ('{', 'no JSON'), ('[' * 100_000, 'no JSON'), ('[1]', 'got a list'),
    ('{"state": [NaN]}', 'NaN'), ('{"temperature": -Infinity}', '-Infinity'),
    (b'', 'no msgpack'), (b'\x93\x01\x02\x03', 'a list where a map is due'),
    (b'\x81\xa1a', 'no msgpack'), (b'\x91' * 100_000, 'no msgpack'),
    (b'\x82\xc4\x0b__ndarray__\xc3\xc4\x05dtype\xa2|O', 'no msgpack')])
def test_a_frame_that_is_no_message_is_refused(frame, words):
    with pytest.raises(BadRequest, match=words):
        messages.loads(frame)


@pytest.mark.parametrize('requests', [[], {}, None, 'x'])
def test_a_batch_needs_requests(requests):
    with pytest.raises(BadRequest, match='requests must be a list of at least one'):
        messages.batch_of({'requests': requests}, 4)


def test_a_batch_has_an_id_that_can_be_repeated():
    with pytest.raises(BadRequest, match='request_id must be text or a whole number'):
        messages.batch_of({'requests': [{}], 'request_id': [1]}, 4)


def test_a_batch_has_its_limit():
    assert messages.batch_of({'requests': [1, 2, 3, 4]}, 4) == [1, 2, 3, 4]
    with pytest.raises(BadRequest, match='5 entries, gateway.max_requests is 4'):
        messages.batch_of({'requests': [1] * 5}, 4)


# The machine's speed is no subject.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20)
features = FeatureMap(Params(), {'state': 2})


@unhurried
@given(st.dictionaries(st.sampled_from(messages.FIELDS), anything))
def test_whatever_a_request_holds_it_is_read_or_refused(message):
    try:
        request = messages.request_of(message)
        named = given_fields(request.images, request.state, 'state')
        features.features(named, tuple(named), 'p', PixelBudget(1000))
    except BadRequest as refused:
        assert str(refused)


@unhurried
@given(st.dictionaries(st.text(), anything))
def test_whatever_openpi_clients_send_is_read_or_refused(message):
    try:
        openpi.prompt_of(message)
        named = given_keys(message, 'prompt')
        features.features(named, tuple(named), 'p', PixelBudget(1000))
    except BadRequest as refused:
        assert str(refused)


@unhurried
@given(st.text(max_size=300) | st.binary(max_size=300))
def test_whatever_bytes_come_they_are_a_message_or_refused(frame):
    try:
        assert isinstance(messages.loads(frame), dict)
    except BadRequest as refused:
        assert str(refused)


def test_a_message_survives_both_encodings():
    message = {'actions': np.arange(6.0).reshape(1, 2, 3), 'subtask_tokens': [1, 2]}
    as_json = messages.loads(messages.dumps(message, binary=False))
    assert as_json == {'actions': [[[0, 1, 2], [3, 4, 5]]], 'subtask_tokens': [1, 2]}
    np.testing.assert_equal(messages.loads(messages.dumps(message, binary=True)), message)
    assert json.loads(messages.dumps(message, binary=False)) == as_json


def test_names_of_the_client_feed_features_of_the_policy():
    renaming = FeatureMap(Params(rename_map=('base_0_rgb=top', 'images.cam_high=top')), {})
    image = np.zeros((2, 2, 3), np.uint8)
    for named in (given_fields({'base_0_rgb': image}, None, 'state'),
                  given_keys({'images': {'cam_high': image}, 'prompt': 'p'}, 'prompt')):
        assert np.array_equal(renaming.features(named, ('top',), 'p', PixelBudget(9))['top'], image)


@pytest.mark.parametrize(('message', 'words'), [
    ({}, "policy p needs 'top', 'state'; the request has nothing: send images.a or images.top"),
    ({'images': {'wrist': 1}, 'state': [1]}, 'has images.wrist, state: send images.a or images.to'),
    ({'images': {'top': [[[1, 2, 3]]]}}, 'the request has images.top: send field state'),
    ({'images': {'top': 1}, 'state': [1, 2]}, 'images.top must be an image'),
    ({'images': {'top': [[[1, 2, 3]]]}, 'state': [1]}, 'state must have 2 values'),
    ({'images': {'top': 1, 'a': 2}, 'state': [1, 2]}, 'images.top and images.a|images.a and'),
])
def test_a_missing_or_wrong_feature_is_named_with_what_there_is(message, words):
    mapped = FeatureMap(Params(rename_map=('a=top',)), {'state': 2})
    request = messages.request_of(message)
    with pytest.raises(BadRequest, match=words):
        mapped.features(given_fields(request.images, request.state, 'state'), ('top', 'state'),
                        'p', PixelBudget(1000))


def test_openpis_clients_are_told_of_a_missing_feature_by_names_that_they_can_send():
    mapped = FeatureMap(Params(rename_map=('observation/image=top',)), {})
    with pytest.raises(BadRequest, match='the request has wrist: send observation/image or top, '):
        mapped.features(given_keys({'wrist': 1}, 'prompt'), ('top',), 'p', PixelBudget(1000),
                        has_fields=False)


def test_what_the_policy_does_not_need_is_not_even_decoded():
    named = given_fields({'broken': 'no image'}, np.zeros(2), 'state')
    assert list(features.features(named, ('state',), 'p', PixelBudget(0))) == ['state']


@pytest.mark.parametrize('entries', [('a',), ('a=',), ('=b',), ('a=b', 'a=c')])
def test_a_malformed_rename_map_is_refused(entries):
    with pytest.raises(ParameterError, match='gateway.rename_map'):
        FeatureMap(Params(rename_map=entries), {})


def test_openpis_nested_keys_are_flattened_by_dots():
    given_ = given_keys(wire.unpack(wire.pack({'images': {'cam_high': np.zeros((2, 2, 3), 'u1')},
                                               'state': np.zeros(2), 'prompt': 'p'})), 'prompt')
    assert {name: each.is_image for name, each in given_.items()} == {
        'images.cam_high': True, 'state': False}
