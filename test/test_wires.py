"""Bytes of the openpi and GR00T protocols: read as sent, and refused when they are none."""

import random
import warnings

import gr00t_server
import numpy as np
import openpi_server
import pytest

from policy_node.policies.gr00t import wire as gr00t
from policy_node.policies.openpi import wire as openpi

ARRAYS = {'images': {'top': np.arange(12, dtype=np.uint8).reshape(2, 2, 3)}, 'text': 'put it down',
          'state': np.linspace(0, 1, 4, dtype=np.float32), 'rows': np.arange(6.0).reshape(2, 3).T}
WIRES = pytest.mark.parametrize(('ours', 'theirs'), [
    (openpi, openpi_server), (gr00t, gr00t_server)], ids=['openpi', 'gr00t'])


@WIRES
def test_message_is_read_as_it_was_sent_in_both_directions(ours, theirs):
    np.testing.assert_equal(theirs.unpack(ours.pack(ARRAYS)), ARRAYS)
    np.testing.assert_equal(ours.unpack(theirs.pack(ARRAYS)), ARRAYS)


@WIRES
def test_spoilt_bytes_are_read_or_refused_but_raise_nothing_else(ours, theirs):
    chance, outcomes = random.Random(0), set()
    message = theirs.pack({'actions': np.arange(6.0).reshape(2, 3), 'time': {'infer_ms': 3.5}})
    for _ in range(5000):
        spoilt = bytearray(message)
        for _ in range(chance.choice((1, 2, 8))):
            at = chance.randrange(len(spoilt))
            if chance.random() < 0.8:
                spoilt[at] = chance.randrange(256)
            else:
                del spoilt[at]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                ours.unpack(bytes(spoilt))
            outcomes.add('read')
        except ours.WireError:
            outcomes.add('refused')
    assert outcomes == {'read', 'refused'}


@pytest.mark.parametrize('ours', [openpi, gr00t])
@pytest.mark.parametrize('value', [object(), np.array([None])])
def test_objects_are_not_sent(ours, value):
    with pytest.raises((TypeError, ValueError)):
        ours.pack({'state': value})
