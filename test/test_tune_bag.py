"""Bags: written with rosbags, read back as chunks, sessions and measured delays."""

import json
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from robot_bridge.tune.bag import read_bag
from robot_bridge.tune.cli import main
from robot_bridge.tune.errors import TuneError

ROOT = Path(__file__).parents[1]
STEP_NS = 50_000_000
CHUNK, REQUEST, STRING = 'segue/msg/ActionChunk', 'segue/msg/ChunkRequest', 'std_msgs/msg/String'


@pytest.fixture(autouse=True)
def share(tmp_path, monkeypatch):
    """The package where ament finds it, whether or not it is installed."""
    prefix = tmp_path / 'prefix'
    index = prefix / 'share/ament_index/resource_index/packages'
    index.mkdir(parents=True)
    (index / 'segue').touch()
    (prefix / 'share/segue').symlink_to(ROOT)
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(prefix))


def typestore():
    store = get_typestore(Stores.ROS2_HUMBLE)
    for name in ('ActionChunk', 'ChunkRequest'):
        store.register(get_types_from_msg((ROOT / f'msg/{name}.msg').read_text(),
                                          f'segue/msg/{name}'))
    return store


STORE = typestore()


def message(kind, **fields):
    types = STORE.types
    time = types['builtin_interfaces/msg/Time'](sec=0, nanosec=0)
    header = types['std_msgs/msg/Header'](stamp=time, frame_id='')
    duration = types['builtin_interfaces/msg/Duration']
    defaults = {
        CHUNK: {'header': header, 'session_id': 's', 'request_id': 0, 'chunk_number': 0,
                'first_timestep': 0, 'step': duration(sec=0, nanosec=STEP_NS), 'names': ['a', 'b'],
                'units': ['rad', 'm'], 'actions': np.zeros(8, np.float32), 'frozen_rows': 0,
                'inference_time': duration(sec=0, nanosec=1), 'subtask': '', 'error': ''},
        REQUEST: {'header': header, 'session_id': 's', 'session_start': time, 'request_id': 0,
                  'timestep': 0, 'task': '', 'must_go': False, 'queue_size': 0,
                  'estimated_delay': 0.0, 'deadline': duration(sec=1, nanosec=0),
                  'names': ['a', 'b'], 'prefix': np.zeros(0, np.float32)},
        STRING: {'data': 'hello'}}
    return types[kind](**(defaults[kind] | fields))


def chunk(request, first, value=0.0, **fields):
    actions = np.repeat(np.arange(value, value + 4), 2).astype(np.float32)
    return message(CHUNK, request_id=request, first_timestep=first,
                   **({'actions': actions} | fields))


def write(path, records, plugin=StoragePlugin.MCAP):
    """Records (time in control steps, topic, message)."""
    with Writer(path, version=9, storage_plugin=plugin) as writer:
        connections = {}
        for steps, topic, msg in records:
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, msg.__msgtype__, typestore=STORE)
            writer.write(connections[topic], 10**18 + round(steps * STEP_NS),
                         STORE.serialize_cdr(msg, msg.__msgtype__))
    return path


def asked(request, **fields):
    return message(REQUEST, request_id=request, **fields)


@pytest.fixture
def records():
    """Two sessions; answers after exactly 2 steps, a bit more than 3, never, and 1."""
    return [
        (0, '/chunk_request', asked(0)), (2, '/action_chunk', chunk(0, 0, 0)),
        (3, '/chunk_request', asked(1)), (6.01, '/action_chunk', chunk(1, 3, 100)),
        (7, '/chunk_request', asked(2)), (8, '/action_chunk', chunk(2, 6, error='no camera')),
        (9, '/other', message(STRING)),
        (20, '/chunk_request', asked(0, session_id='t')),
        (21, '/action_chunk', chunk(0, 0, 7, session_id='t'))]


@pytest.mark.parametrize('plugin', StoragePlugin)
def test_bag_gives_chunks_of_each_session_and_delays_rounded_up(tmp_path, records, plugin):
    recording = read_bag(write(tmp_path / 'bag', records, plugin))
    first, second = recording.sessions
    assert (first.names, first.units, len(first), len(second)) == (('a', 'b'), ('rad', 'm'), 2, 1)
    assert first.predict(3, 4).tolist() == [[v, v] for v in (100, 101, 102, 103)]
    assert second.predict(0, 4)[:, 0].tolist() == [7, 8, 9, 10]
    assert recording.delays.tolist() == [2, 4, 1]
    assert (recording.step_ns, recording.horizon, recording.refused) == (STEP_NS, 4, 0)


def test_single_file_of_a_bag_is_enough(tmp_path, records):
    write(tmp_path / 'bag', records)
    assert read_bag(tmp_path / 'bag/bag.mcap').chunks == 3


def test_bag_without_definitions_is_read_with_those_of_the_package(tmp_path, records):
    """Bags of Humble in sqlite3 carry none."""
    import sqlite3
    path = write(tmp_path / 'bag', records, StoragePlugin.SQLITE3)
    with sqlite3.connect(path / 'bag.db3') as database:
        database.execute('DELETE FROM message_definitions')
        database.commit()
    database.close()
    assert read_bag(path).chunks == 3


def test_answer_that_was_recorded_twice_counts_once(tmp_path, records):
    again = (6.5, '/action_chunk', chunk(1, 3, 500))
    recording = read_bag(write(tmp_path / 'bag', [*records, again]))
    assert recording.sessions[0].predict(3, 1)[0, 0] == 100
    assert recording.delays.tolist() == [2, 4, 1]


def test_without_requests_there_are_no_delays(tmp_path):
    assert read_bag(write(tmp_path / 'bag', [(1, '/action_chunk', chunk(0, 0))])).delays.size == 0


def test_chunk_that_the_bridge_would_refuse_is_left_out_and_counted(tmp_path, records):
    bad = [(7.5, '/action_chunk', chunk(3, 3, actions=np.full(8, np.nan, np.float32))),
           (7.6, '/action_chunk', chunk(4, 3, actions=np.zeros(7, np.float32)))]
    recording = read_bag(write(tmp_path / 'bag', records + bad))
    assert (recording.chunks, recording.refused) == (3, 2)


@pytest.mark.parametrize(('extra', 'options', 'part'), [
    ([(9, '/left/action_chunk', chunk(0, 0))], {},
     'choose one with --chunk-topic: /action_chunk, /left/action_chunk'),
    ([(9, '/left/chunk_request', asked(0))], {}, 'choose one with --request-topic'),
    ([], {'chunk_topic': 'chunks'}, "--chunk-topic must be one of /action_chunk .* got 'chunks'"),
    ([(9, '/action_chunk', chunk(5, 5, names=['b', 'a']))], {}, 'different steps or columns')])
def test_bag_that_is_ambiguous_is_refused_with_the_choices(tmp_path, records, extra, options, part):
    path = write(tmp_path / 'bag', records + extra)
    with pytest.raises(TuneError, match=part):
        read_bag(path, **options)


def test_topics_of_one_robot_are_chosen_among_several(tmp_path, records):
    left = [(9, '/left/action_chunk', chunk(0, 0, 50)), (8.5, '/left/chunk_request', asked(0))]
    recording = read_bag(write(tmp_path / 'bag', records + left), 'left/action_chunk',
                         '/left/chunk_request')
    assert (recording.chunks, recording.delays.tolist()) == (1, [1])


@pytest.mark.parametrize(('kept', 'part'), [
    ([(0, '/other', message(STRING))], 'no topic of type segue/msg/ActionChunk; its .* /other'),
    ([(0, '/action_chunk', chunk(0, 0, error='x'))], 'no chunk with usable actions$'),
    ([(0, '/action_chunk', chunk(0, 0, actions=np.zeros(3, np.float32)))],
     'refused: actions has 3 numbers')])
def test_bag_without_usable_chunks_says_so(tmp_path, kept, part):
    path = write(tmp_path / 'bag', kept)
    with pytest.raises(TuneError, match=part):
        read_bag(path)


def test_what_is_no_bag_is_refused_in_one_line(tmp_path, records):
    truncated = write(tmp_path / 'bag', records) / 'bag.mcap'
    truncated.write_bytes(truncated.read_bytes()[:200])
    (tmp_path / 'text.mcap').write_text('hello')
    (tmp_path / 'text.db3').write_text('hello')
    (tmp_path / 'empty').mkdir()
    for path in (tmp_path / 'missing', tmp_path / 'empty', tmp_path / 'text.mcap',
                 tmp_path / 'text.db3', tmp_path / 'bag'):
        with pytest.raises(TuneError, match='cannot read') as refused:
            read_bag(path)
        assert '\n' not in str(refused.value)


def test_package_that_is_not_installed_is_said(tmp_path, records, monkeypatch):
    import ament_index_python.packages as packages
    def not_found(name):
        raise packages.PackageNotFoundError(name)
    monkeypatch.setattr(packages, 'get_package_share_directory', not_found)
    with pytest.raises(TuneError, match='definitions of package segue are not found'):
        read_bag(write(tmp_path / 'bag', records))


def test_command_replays_a_bag_with_its_delays(tmp_path, capsys):
    records = []
    for k in range(12):
        actions = np.repeat(np.sin((5 * k + np.arange(16)) / 9), 2).astype(np.float32)
        records += [(5 * k, '/chunk_request', asked(k)),
                    (5 * k + 2.5, '/action_chunk', chunk(k, 5 * k, actions=actions))]
    path = write(tmp_path / 'my_bag', records)
    assert main(['--bag', str(path), '--out', str(tmp_path / 'out')]) == 0
    out = capsys.readouterr().out
    assert 'my_bag: 12 chunks in 1 session, 20 Hz, delay as measured (12 times)' in out
    results = json.loads((tmp_path / 'out/results.json').read_text())
    assert results['run']['delay'] == 3
    assert {r['actions_per_chunk'] for r in results['results']} == {16}
    assert max(r['jerk_rms'] for r in results['results']) < 30   # the chunks agree
