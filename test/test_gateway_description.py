"""`asyncapi.yaml` says what really flows."""

import json
import re

import fastjsonschema
import numpy as np
import pytest
import yaml
from gateway_examples import REFRESH, REQUEST, RESPONSE, filled
from gateway_helpers import CAMERAS, Planning, Seeing, ask, connected, gateway, image
from graph import ROOT, wait_for

from policy_node.gateway import messages
from policy_node.gateway.errors import KINDS, BadRequest
from policy_node.gateway.parameters import Params
from policy_node.gateway.reception import DESCRIPTION
from segue_core.parameters import table_fields

DOCUMENT = yaml.safe_load(DESCRIPTION.read_text())


def check(schema, message):
    """Whether a message fits; raises what does not."""
    fastjsonschema.compile({**DOCUMENT, '$schema': 'http://json-schema.org/draft-07/schema#',
                            '$ref': f'#/components/schemas/{schema}'})(message)


def references(node):
    if isinstance(node, dict):
        for key, inner in node.items():
            if key == '$ref':
                yield inner
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_every_reference_leads_somewhere():
    found = set(references(DOCUMENT))
    for reference in found:
        at = DOCUMENT
        for part in reference.removeprefix('#/').split('/'):
            at = at[part]
    assert len(found) > 15


def test_the_description_has_what_the_gateway_has():
    with gateway() as made:
        doors = set(made.reception.doors)
        assert all(f'GET {path}' in DOCUMENT['info']['description']
                   for path in made.reception.documents)
    assert {channel['address'] for channel in DOCUMENT['channels'].values()} == doors
    schemas = DOCUMENT['components']['schemas']
    assert set(schemas['request']['properties']) == set(messages.FIELDS)
    assert set(schemas['error']['properties']['error_type']['enum']) == {
        *KINDS.values(), 'internal'}


@pytest.mark.parametrize(('schema', 'example'), [
    ('request', REQUEST), ('response', RESPONSE), ('subtask_refresh', REFRESH)])
def test_the_printed_examples_fit(schema, example):
    check(schema, json.loads(filled(example)))


def test_the_examples_of_the_page_fit():
    page = (ROOT / 'docs' / 'gateway.md').read_text()
    examples = [json.loads(text) for text in re.findall(r'```json\n(.*?)```', page, re.DOTALL)]
    for schema, example in zip(('request', 'response', 'subtask_refresh'), examples, strict=True):
        check(schema, example)


def test_the_page_names_only_parameters_that_exist_with_their_defaults():
    page = (ROOT / 'docs' / 'gateway.md').read_text()
    fields = {f.name: f.metadata['default'] for f in table_fields(Params)}
    named = set(re.findall(r'gateway\.(\w+)', page)) - {'yaml', 'client', 'md'}
    assert named and named <= set(fields)
    limits = dict(re.findall(r'\| `gateway\.(\w+)` \| (\d+)', page))
    assert len(limits) == 8 and limits.pop('max_message_bytes') == '16'
    assert {name: fields[name] for name in limits} == {k: float(v) for k, v in limits.items()}


def test_what_flows_fits():
    with gateway(lambda c: Planning(c, ('top',))) as made, connected(made) as ws:
        request = {'images': {'top': image(1).tolist()}, 'state': [1, 2], 'request_id': 7,
                   'subtask_refresh_interval': 0.05, 'high_level_prompt': None, 'more': 1}
        check('request', request)
        check('response', ask(ws, request))
        wait_for(lambda: made.keeper.poll() or made.counts.refreshes, 20, 'a refresh')
        check('subtask_refresh', json.loads(ws.recv(timeout=20)))
    with gateway(lambda c: Seeing(c, CAMERAS[:1])) as made:
        with connected(made, '/') as ws:
            check('metadata', json.loads(ws.recv(timeout=20)))
        with connected(made) as ws:
            batch = {'requests': [{'images': {CAMERAS[0]: image().tolist()}, 'state': [1, 2]}, {}],
                     'request_id': 'b'}
            check('batch', batch)
            check('responses', ask(ws, batch))
            check('error', ask(ws, '{'))
            check('error', ask(ws, {'request_id': 'e'}))


@pytest.mark.parametrize('field', messages.FIELDS)
@pytest.mark.parametrize('value', [None, True, -1, 0.5, 10**6, 'text', [], [1.5], {}, {'a': 1}])
def test_what_the_description_refuses_the_gateway_refuses_and_the_other_way_round(field, value):
    """Of images and ids the gateway is the stricter or the milder one, as their texts say."""
    if field in ('images', 'request_id'):
        return
    refused = []
    for judge in (lambda m: check('request', m), messages.request_of):
        try:
            judge({field: value})
            refused.append(False)
        except (fastjsonschema.JsonSchemaValueException, BadRequest):
            refused.append(True)
    assert refused[0] == refused[1]


def test_an_answer_without_a_state_or_with_arrays_fits_once_it_is_json():
    with gateway(lambda c: Seeing(c, needs_state=False)) as made, connected(made) as ws:
        answer = ask(ws, {})
    check('response', answer)
    assert answer['state'] == [] and np.shape(answer['actions'])[0] == 1
