"""Bags as sessions of messages."""

import pytest
from bag_helpers import NS, TYPES, header, joints, request, write_bag

from segue_core.bags import BagError, absolute, in_sessions, open_bag

COMMANDS = '/commanded_joint_states'


def status(session_id, state=2):
    kind = TYPES['segue/msg/BridgeStatus']
    values = {name: [] if name == 'active_limits' else 0
              for name in kind.__dataclass_fields__ if not name.isupper() and name[0] != '_'}
    texts = ('driver', 'aggregation', 'last_refusal', 'last_fault')
    return kind(**{**values, **dict.fromkeys(texts, ''), 'header': header(0),
                   'session_id': session_id, 'state': state, 'lockstep': False,
                   **{name: 0.0 for name in ('rate', 'chunk_size_threshold', 'estimated_delay',
                                             'delay_p50', 'delay_p99', 'round_trip_p50',
                                             'round_trip_p99', 'seam_jump')}})


def seen(path, *topics):
    with open_bag(path) as reader:
        return [(r.episode, r.topic, r.time_ns - 10**18) for r in in_sessions(reader, topics)]


def test_messages_belong_to_the_session_that_was_named_last(tmp_path):
    path = write_bag(tmp_path / 'bag', [
        (0, COMMANDS, joints(NS, a=0.0)),           # nobody says of which session
        (1, '/bridge_status', status('s')), (2, COMMANDS, joints(NS, a=0.0)),
        (3, '/chunk_request', request(NS, 't')), (4, COMMANDS, joints(NS, a=0.0)),
        (5, '/bridge_status', status('s')), (6, COMMANDS, joints(NS, a=0.0)),
        (7, '/bridge_status', status('', state=0)), (8, COMMANDS, joints(NS, a=0.0))])
    assert seen(path, COMMANDS) == [(0, COMMANDS, 2), (1, COMMANDS, 4), (1, COMMANDS, 6)]


def test_topic_that_tells_of_sessions_can_be_read_too(tmp_path):
    path = write_bag(tmp_path / 'bag', [(0, '/chunk_request', request(NS, 's')),
                                        (1, COMMANDS, joints(NS, a=0.0))])
    assert seen(path, COMMANDS, '/chunk_request') == [(0, '/chunk_request', 0), (0, COMMANDS, 1)]


def test_sessions_of_another_robot_are_not_those_of_this_one(tmp_path):
    path = write_bag(tmp_path / 'bag', [
        (0, '/left/chunk_request', request(NS, 's')), (1, '/left' + COMMANDS, joints(NS, a=0.0)),
        (2, '/right/chunk_request', request(NS, 't')), (3, '/left' + COMMANDS, joints(NS, a=0.0))])
    with open_bag(path) as reader:
        found = [(r.episode, r.time_ns - 10**18)
                 for r in in_sessions(reader, ['/left' + COMMANDS], 'left')]
    assert found == [(0, 1), (0, 3)]


def test_topic_that_is_not_there_is_named_with_those_that_are(tmp_path):
    path = write_bag(tmp_path / 'bag', [(0, COMMANDS, joints(NS, a=0.0))])
    with pytest.raises(BagError, match='no topic /other; its topics are /commanded_joint_states'):
        seen(path, '/other')


def test_errors_of_the_reader_of_the_bag_are_its_own(tmp_path):
    path = write_bag(tmp_path / 'bag', [(0, COMMANDS, joints(NS, a=0.0))])
    with pytest.raises(PermissionError), open_bag(path):
        raise PermissionError(13, 'Permission denied', 'elsewhere')


@pytest.mark.parametrize(('topic', 'namespace', 'name'), [
    ('task', '', '/task'), ('task', 'left', '/left/task'), ('task', '/a/b/', '/a/b/task'),
    ('/clock', 'left', '/clock')])
def test_topics_are_found_by_their_absolute_names(topic, namespace, name):
    assert absolute(topic, namespace) == name
