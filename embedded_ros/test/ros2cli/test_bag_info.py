"""`ros2 bag info`, and bags that cannot be read."""

import time

import pytest

from ros2cli.bag_info import size_text, time_text
from ros2cli.bag_writer import BagWriter

START_NS = 1_700_000_000_000_000_000


@pytest.fixture
def make_bag(tmp_path):
    """Function that writes a bag with two messages on one topic and none on another."""

    def make(storage, data=b'\x00\x01\x00\x00\x02\x00\x00\x00x\x00'):
        path = tmp_path / f'bag_{storage}'
        with BagWriter(path, storage, 10**6) as writer:
            for name in ('/chatter', '/silent'):
                writer.add_topic(name, 'std_msgs/msg/String', ())
            writer.write('/chatter', START_NS, data)
            writer.write('/chatter', START_NS + 1_500_000_001, data)
        return path

    return make


@pytest.fixture
def utc(monkeypatch):
    """Local time is UTC."""
    with monkeypatch.context() as patch:
        patch.setenv('TZ', 'UTC')
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(('storage', 'suffix'), [('mcap', 'mcap'), ('sqlite3', 'db3')])
def test_information_has_the_layout_of_ros(ros2, make_bag, utc, storage, suffix):
    path = make_bag(storage)
    kind = 'Type: std_msgs/msg/String'
    size = size_text((path / f'{path.name}.{suffix}').stat().st_size)
    expected = f"""
Files:             {path.name}.{suffix}
Bag size:          {size}
Storage id:        {storage}
ROS Distro:        rosbags
Duration:          1.500000001s
Start:             Nov 14 2023 22:13:20.000000000 (1700000000.000000000)
End:               Nov 14 2023 22:13:21.500000001 (1700000001.500000001)
Messages:          2
Topic information: Topic: /chatter | {kind} | Count: 2 | Serialization Format: cdr
                   Topic: /silent | {kind} | Count: 0 | Serialization Format: cdr

"""
    assert ros2('bag', 'info', str(path)).stdout == expected


def test_information_about_a_single_file(ros2, make_bag):
    path = make_bag('mcap')
    output = ros2('bag', 'info', str(path / f'{path.name}.mcap')).stdout
    assert 'Storage id:        mcap\n' in output and 'Messages:          2\n' in output


def test_topic_names_only(ros2, make_bag):
    assert ros2('bag', 'info', '-t', str(make_bag('mcap'))).stdout == '/chatter\n/silent\n'


def _cut(path):
    (file,) = (each for each in path.iterdir() if each.suffix != '.yaml')
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _empty(path):
    (file,) = (each for each in path.iterdir() if each.suffix != '.yaml')
    file.write_bytes(b'')


def _scribble(path):
    (path / 'metadata.yaml').write_text('rosbag2_bagfile_information: [1, 2]\n')


def _lose_metadata(path):
    (path / 'metadata.yaml').unlink()


@pytest.mark.parametrize('verb', ['info', 'play'])
@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('damage', [_cut, _empty, _scribble, _lose_metadata])
def test_damaged_bag_is_told_in_one_line(ros2, make_bag, verb, storage, damage):
    path = make_bag(storage, data=bytes(4) + bytes(20_000))
    damage(path)
    result = ros2('bag', verb, str(path))
    assert result.returncode == 1
    assert result.stderr.startswith(f"cannot read '{path}' as a bag, it is damaged")
    assert result.stderr.count('\n') == 1


def test_missing_bag_is_told(ros2):
    assert ros2('bag', 'info', '/none').stderr == "Bag path '/none' does not exist!\n"


@pytest.mark.parametrize(
    ('size', 'text'),
    [(0, '0 B'), (1023, '1023 B'), (1024, '1.0 KiB'), (1536, '1.5 KiB'), (2**40, '1.0 TiB')],
)
def test_sizes_have_fitting_units(size, text):
    assert size_text(size) == text


def test_times_have_nine_digits(utc):
    assert time_text(1) == 'Jan  1 1970 00:00:00.000000001 (0.000000001)'
