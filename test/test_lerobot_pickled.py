"""Pickles to and from a LeRobot PolicyServer: readable there, harmless here."""

import os
import pickle
import struct

import lerobot_client
import lerobot_server
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_node.lerobot_wire import reading
from policy_node.lerobot_wire.answers import read_actions
from policy_node.lerobot_wire.messages import (
    CHUNK_BYTES,
    WireError,
    data_of,
    observation_parts,
    with_data,
)
from policy_node.lerobot_wire.reading import PickleError
from policy_node.lerobot_wire.writing import call

ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)


def test_object_of_the_server_is_made_from_what_was_written():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    made = lerobot_server.unpickle(call('TimedObservation', 1.5, 7, {'a': 0.25, 'front': image},
                                        True))
    assert isinstance(made, lerobot_server.TimedObservation)
    assert (made.timestamp, made.timestep, made.must_go) == (1.5, 7, True)
    assert made.observation['a'] == 0.25
    assert np.array_equal(made.observation['front'], image)


@pytest.mark.parametrize('dtype', [np.float32, np.float64, np.float16, np.int64, np.int32])
def test_rows_of_tensors_are_read(dtype):
    first, rows = read_actions(lerobot_server.timed(ROWS.astype(dtype), 40))
    assert (first, rows.dtype) == (40, dtype)
    assert np.array_equal(rows, ROWS)


@pytest.mark.parametrize('order', ['<f4', '>f8'])
def test_rows_of_arrays_are_read(order):
    actions = [lerobot_server.TimedAction(0.0, i, row)
               for i, row in enumerate(np.asfortranarray(ROWS).astype(order))]
    named = lerobot_server._named
    data = pickle.dumps(actions).replace(named('lerobot_server'), named(lerobot_server.HELPERS))
    assert np.array_equal(read_actions(data)[1], ROWS)


def names(module, name, arguments=b')'):
    return b'\x80\x03c' + f'{module}\n{name}\n'.encode() + arguments + b'R.'


class Command:
    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize(('data', 'named'), [
    (pickle.dumps(Command(os.system, 'true')), r'\w+.system'),
    (pickle.dumps(Command(eval, '1')), 'builtins.eval'),
    (pickle.dumps(Command(getattr, 'a', 'b')), 'builtins.getattr'),
    (names('torch', 'load'), 'torch.load'),
    (names('numpy', 'load'), 'numpy.load'),
    (names('lerobot.async_inference.helpers', 'get_logger'), 'get_logger'),
    (names('collections', 'OrderedDict.fromkeys'), 'OrderedDict.fromkeys')])
def test_other_names_are_refused_by_name(data, named):
    with pytest.raises(PickleError, match=f'names .*{named}, which is not allowed'):
        read_actions(data)


def test_command_within_the_bytes_of_a_storage_is_refused():
    inner = pickle.dumps(Command(os.system, 'true'), 2)
    size = struct.pack('<I', len(inner))
    data = names('torch.storage', '_load_from_bytes', b'B' + size + inner + b'\x85')
    with pytest.raises(PickleError, match='a storage that names .*system'):
        read_actions(data)


@pytest.mark.parametrize('what', ['TimedAction', 'TimedObservation', '_rebuild_tensor_v2',
                                  'ndarray', 'OrderedDict', 'dtype'])
def test_what_a_pickle_may_name_it_cannot_change(what):
    module = next(m for m, n in reading.ALLOWED if n == what)
    change = b'N}X\x05\x00\x00\x00helloK\x01s\x86b.'    # BUILD with attributes to set
    before = dict(vars(reading.TimedAction))
    with pytest.raises(PickleError):
        read_actions(b'\x80\x03c' + f'{module}\n{what}\n'.encode() + change)
    assert dict(vars(reading.TimedAction)) == before
    assert not hasattr(reading.ALLOWED[module, what], 'hello')


def test_note_that_would_need_gigabytes_is_refused():
    with pytest.raises(PickleError, match='makes note 4294967295 in'):
        read_actions(b'\x80\x03]r\xff\xff\xff\xff.')


def test_key_that_is_nested_too_deep_for_python_is_refused():
    with pytest.raises(PickleError, match='more than 20000 tuples'):
        read_actions(b'\x80\x03})' + b'\x85' * 1_000_000 + b'K\x01s.')


def test_a_thousand_actions_are_read():
    actions = [lerobot_client.TimedAction(0.0, i, row)
               for i, row in enumerate(torch.zeros(1000, 1))]
    assert read_actions(lerobot_client.dumps(actions))[1].shape == (1000, 1)


def test_object_without_fields_is_refused():
    with pytest.raises(PickleError, match='do not follow'):
        read_actions(b'\x80\x03]c' + f'{lerobot_server.HELPERS}\nTimedAction\n'.encode()
                     + b')\x81a.')


def test_tensor_that_reaches_beyond_its_storage_is_refused():
    good = lerobot_server.timed(ROWS, 0)
    assert b'K\x03\x85' in good
    with pytest.raises(PickleError):
        read_actions(good.replace(b'K\x03\x85', b'K\x7f\x85'))


def test_steps_that_do_not_follow_each_other_are_refused():
    actions = [lerobot_server.TimedAction(0.0, i, ROWS[0]) for i in (3, 5)]
    named = lerobot_server._named
    data = pickle.dumps(actions).replace(named('lerobot_server'), named(lerobot_server.HELPERS))
    with pytest.raises(PickleError, match='do not follow each other'):
        read_actions(data)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_spoilt_pickles_are_refused_or_read_and_nothing_else(data):
    good = bytearray(lerobot_server.timed(ROWS, 3))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_actions(bytes(good[:data.draw(st.integers(1, len(good)))]))
    except PickleError:
        pass


@pytest.mark.parametrize('size', [1, 127, 128, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_parts_join_to_what_was_sent(size):
    data = bytes(size)
    parts = list(observation_parts(data))
    assert all(len(part) < 4 << 20 for part in parts)
    assert b''.join(lerobot_server.field_of(part, 2) for part in parts) == data
    assert lerobot_server.field_of(parts[-1], 1) == 3


@pytest.mark.parametrize('size', [0, 5, 300, 1 << 20])
def test_data_of_an_answer_is_read(size):
    data = bytes(size)
    assert data_of(with_data(data)) == data
    assert data_of(b'') == b''


@pytest.mark.parametrize('message', [b'\x0a', b'\x0a\x05abc', b'\x12\x01a', b'\x0a' + b'\xff' * 12])
def test_bytes_that_are_no_answer_are_refused(message):
    with pytest.raises(WireError):
        data_of(message)
