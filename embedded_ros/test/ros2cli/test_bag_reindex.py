"""`ros2 bag reindex`: a bag whose recorder was killed at any byte can be read up to there."""

import shutil

import pytest
from rosbags.rosbag2 import Reader

from ros2cli.bag_reindex import close_file
from ros2cli.bag_writer import BagWriter, recording

MESSAGES = 30
# Eleven messages fill a chunk.
DATA = [number.to_bytes(4, 'little') * 25_000 for number in range(MESSAGES)]
TYPE = 'std_msgs/msg/String'


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """A bag that was closed."""
    path = tmp_path_factory.mktemp('bags') / 'run'
    with BagWriter(path, 'mcap', 10**9) as writer:
        for name in ('/chatter', '/silent'):
            writer.add_topic(name, TYPE, ())
        for number, data in enumerate(DATA):
            writer.write('/chatter', number, data)
    return path


@pytest.fixture
def killed(whole, tmp_path):
    """Function that leaves some bytes of the bag, as a recorder that was killed does."""

    def leave(size):
        path = tmp_path / 'run'
        shutil.copytree(whole, path)
        (path / 'metadata.yaml').unlink()
        file = path / 'run.mcap'
        with file.open('r+b') as mcap:
            mcap.truncate(size if size >= 0 else file.stat().st_size + size)
        return path

    return leave


def read(path):
    with Reader(path) as bag:
        types = {name: topic.msgtype for name, topic in bag.topics.items()}
        return [data for _, _, data in bag.messages()], types


@pytest.mark.parametrize(('size', 'least'), [
    (1_500_000, 11), (2_345_678, 22), (-1, MESSAGES), (-40, MESSAGES), (-300, MESSAGES)])
def test_what_was_written_before_the_kill_is_read_again(ros2, killed, size, least):
    path = killed(size)
    result = ros2('bag', 'reindex', str(path))
    assert result.returncode == 0, result.stderr
    messages, topics = read(path)
    assert messages == DATA[:len(messages)]
    assert len(messages) >= least
    assert topics['/chatter'] == TYPE
    assert f'Messages:          {len(messages)}\n' in ros2('bag', 'info', str(path)).stdout


def test_bag_that_lost_its_metadata_only_keeps_its_index(killed, whole):
    path = killed((whole / 'run.mcap').stat().st_size)
    assert close_file(path / 'run.mcap') == 0
    assert (path / 'run.mcap').read_bytes() == (whole / 'run.mcap').read_bytes()


def test_bag_that_was_closed_is_left_alone(ros2, whole):
    result = ros2('bag', 'reindex', str(whole))
    assert result.returncode == 1
    assert 'was closed' in result.stderr


def test_bag_that_is_being_recorded_is_left_alone(ros2, killed):
    path = killed(1_500_000)
    before = (path / 'run.mcap').read_bytes()
    with recording(path):
        result = ros2('bag', 'reindex', str(path))
    assert result.returncode == 1
    assert result.stderr == f"bag '{path}' is being written by another process\n"
    assert (path / 'run.mcap').read_bytes() == before


@pytest.mark.parametrize('content', [b'', b'SQLite format 3'])
def test_file_that_is_no_mcap_is_told(ros2, tmp_path, content):
    (tmp_path / 'run.mcap').write_bytes(content)
    result = ros2('bag', 'reindex', str(tmp_path))
    assert result.returncode == 1
    assert 'does not begin as an mcap file' in result.stderr
