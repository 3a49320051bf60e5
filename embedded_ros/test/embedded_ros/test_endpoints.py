import gc
import threading
import time

import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Int32, String
from std_srvs.srv import SetBool

from embedded_ros.dds import DdsError, Participant
from embedded_ros.dds.endpoints import _COPY_LIMIT
from embedded_ros.duration import Duration
from embedded_ros.interfaces import deserialize, serialize, type_hash
from embedded_ros.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSProfile,
    ReliabilityPolicy,
    qos_profile_best_available,
    qos_profile_sensor_data,
    qos_profile_unknown,
)

QOS = QoSProfile(depth=10)


def resident_bytes():
    with open('/proc/self/statm') as status:
        return int(status.read().split()[1]) * 4096


@pytest.fixture
def pair(participant, wait_until):
    """Function that creates a matched writer and reader of a topic."""

    def create(cls=String, writer_qos=QOS, reader_qos=None, topic='rt/endpoints'):
        writer = participant.create_writer(topic, cls, writer_qos)
        reader = participant.create_reader(topic, cls, reader_qos or writer_qos)
        wait_until(lambda: writer.matched_count and reader.matched_count, 'they match')
        return writer, reader

    return create


def take_message(reader, wait_until, cls):
    sample = wait_until(reader.take, 'a sample arrives')
    return deserialize(sample.buffer, cls)


def test_samples_arrive_in_order_and_are_taken_once(pair, wait_until):
    writer, reader = pair(Int32)
    for value in range(5):
        writer.write(serialize(Int32(data=value)))
    assert [take_message(reader, wait_until, Int32).data for _ in range(5)] == list(range(5))
    assert reader.take() is None


def test_a_sample_tells_when_and_by_whom_it_was_written(pair, wait_until):
    writer, reader = pair()
    before = time.time_ns()
    writer.write(serialize(String(data='x')))
    sample = wait_until(reader.take, 'a sample arrives')
    assert before <= sample.source_timestamp_ns <= time.time_ns()
    endpoint = reader.matched_endpoint(sample.publication_handle)
    assert endpoint.guid == writer.gid
    assert endpoint.user_data == f'typehash={type_hash(String)};'
    assert sample.publication_handle == writer.instance_handle


@pytest.mark.parametrize('size', [0, _COPY_LIMIT, 4 * _COPY_LIMIT, 1_000_000])
def test_payloads_of_any_size_arrive_whole_and_outlive_the_reader(pair, wait_until, size):
    writer, reader = pair(Image)
    data = bytes(range(256)) * (size // 256 + 1)
    writer.write(serialize(Image(data=data[:size])))
    sample = wait_until(reader.take, 'a sample arrives')
    reader.close()
    gc.collect()
    assert deserialize(sample.buffer, Image).data.tobytes() == data[:size]


def test_large_samples_do_not_accumulate(pair, wait_until):
    writer, reader = pair(Image)
    payload = serialize(Image(data=bytes(2_000_000)))

    def exchange(count):
        for _ in range(count):
            writer.write(payload)
            assert len(take_message(reader, wait_until, Image).data) == 2_000_000

    exchange(20)
    before = resident_bytes()
    exchange(200)
    assert (resident_bytes() - before) < 50_000_000


def test_the_halves_of_a_service_travel_with_their_header(participant, wait_until):
    writer = participant.create_writer('rq/setRequest', SetBool.Request, QOS, 'clientid=1.2;')
    reader = participant.create_reader('rq/setRequest', SetBool.Request, QOS, 'serviceid=3.4;')
    wait_until(lambda: writer.matched_count and reader.matched_count, 'they match')
    (service,) = writer.matched_endpoints()
    assert service.user_data == f'serviceid=3.4;typehash={type_hash(SetBool.Request)};'
    header = (7).to_bytes(8, 'little') + (1).to_bytes(8, 'little')
    writer.write(serialize(SetBool.Request(data=True), header))
    sample = wait_until(reader.take, 'the request arrives')
    assert bytes(sample.buffer[4:20]) == header
    assert deserialize(sample.buffer, SetBool.Request, offset=20).data


def test_a_late_reader_gets_what_a_transient_local_writer_kept(participant, wait_until):
    latched = QoSProfile(depth=2, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    writer = participant.create_writer('rt/latched', Int32, latched)
    for value in range(5):
        writer.write(serialize(Int32(data=value)))
    reader = participant.create_reader('rt/latched', Int32, latched)
    assert [take_message(reader, wait_until, Int32).data for _ in range(2)] == [3, 4]


@pytest.mark.parametrize(
    ('offer', 'request_', 'policy'),
    [
        (qos_profile_sensor_data, QOS, 'RELIABILITY'),
        (QOS, QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL), 'DURABILITY'),
        (QOS, QoSProfile(depth=1, deadline=Duration(seconds=1)), 'DEADLINE'),
        (QOS, QoSProfile(depth=1, liveliness=LivelinessPolicy.MANUAL_BY_TOPIC), 'LIVELINESS'),
    ],
)
def test_the_policy_that_keeps_two_ends_apart_is_named(
    participant, wait_until, offer, request_, policy
):
    writer = participant.create_writer('rt/apart', String, offer)
    reader = participant.create_reader('rt/apart', String, request_)
    assert wait_until(writer.take_incompatible_qos, 'the writer notices') == policy
    assert wait_until(reader.take_incompatible_qos, 'the reader notices') == policy
    assert writer.take_incompatible_qos() is None
    assert writer.matched_count == reader.matched_count == 0


@pytest.mark.parametrize('other', [QOS, qos_profile_sensor_data], ids=['reliable', 'best effort'])
def test_best_available_matches_whatever_is_there(pair, other):
    pair(writer_qos=other, reader_qos=qos_profile_best_available)
    pair(writer_qos=qos_profile_best_available, reader_qos=other, topic='rt/best')


@pytest.mark.parametrize(
    ('profile', 'words'),
    [(qos_profile_unknown, 'history is UNKNOWN; choose from SYSTEM_DEFAULT, KEEP_LAST, KEEP_ALL'),
     (QoSProfile(depth=2**31), 'depth 2147483648 is outside')],
)  # fmt: skip
def test_a_profile_that_says_nothing_is_refused(participant, profile, words):
    with pytest.raises(ValueError, match=words):
        participant.create_writer('rt/unknown', String, profile)


def test_acknowledgments_are_waited_for(pair, wait_until):
    writer, reader = pair()
    writer.write(serialize(String(data='x')))
    assert writer.wait_for_acknowledgments(5.0)
    assert take_message(reader, wait_until, String).data == 'x'


def test_bytes_of_another_type_are_refused(pair):
    writer, _ = pair(String)
    with pytest.raises(DdsError, match="cannot write to 'rt/endpoints'"):
        writer.write(bytearray(b'\0\1\0\0\xff\xff\xff\xff'))


@pytest.mark.parametrize('size', [0, 1, 3])
def test_fewer_bytes_than_a_header_are_refused(pair, size):
    writer, _ = pair(String)
    with pytest.raises(ValueError, match=f'{size} bytes are no sample'):
        writer.write(bytearray(size))


def test_two_types_on_one_topic_do_not_meet(participant, wait_until):
    strings = participant.create_writer('rt/typed', String, QOS)
    numbers = participant.create_reader('rt/typed', Int32, QOS)
    reader = participant.create_reader('rt/typed', String, QOS)
    wait_until(lambda: strings.matched_count == 1, 'the reader of its type matches')
    strings.write(serialize(String()))
    wait_until(reader.take, 'the sample arrives')
    assert numbers.matched_count == 0


def test_a_name_that_is_no_topic_is_refused(participant):
    with pytest.raises(DdsError, match="cannot create topic 'rt/what is this'"):
        participant.create_writer('rt/what is this', String, QOS)


def test_a_closed_endpoint_is_silent_but_harmless(pair):
    writer, reader = pair()
    writer.close()
    writer.close()
    reader.close()
    assert reader.take() is None
    assert reader.matched_count == writer.matched_count == 0
    assert reader.matched_endpoints() == []
    assert reader.take_incompatible_qos() is None
    with pytest.raises(DdsError):
        writer.write(serialize(String()))


def test_a_topic_can_be_used_again_after_its_last_endpoint_is_closed(pair, wait_until):
    for _ in range(3):
        writer, reader = pair()
        writer.write(serialize(String(data='again')))
        assert take_message(reader, wait_until, String).data == 'again'
        writer.close()
        reader.close()
        assert not writer.participant._topics


def test_a_closed_participant_refuses_new_endpoints(domain_id):
    participant = Participant(domain_id)
    writer = participant.create_writer('rt/closing', String, QOS)
    participant.close()
    participant.close()
    writer.close()
    with pytest.raises(DdsError, match='the participant is closed'):
        participant.create_reader('rt/closing', String, QOS)


def test_endpoints_may_be_created_and_used_by_many_threads(participant, wait_until):
    failures = []

    def work(number):
        try:
            for round_ in range(5):
                topic = f'rt/threads{number % 2}'
                writer = participant.create_writer(topic, String, QOS)
                reader = participant.create_reader(topic, String, QOS)
                wait_until(lambda w=writer: w.matched_count, 'they match')
                writer.write(serialize(String(data=f'{number}.{round_}')))
                wait_until(reader.take, 'a sample arrives')
                writer.close()
                reader.close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_endpoint_announces_what_it_was_created_with(participant, wait_until):
    from embedded_ros.graph import Graph

    profile = QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=3,
        reliability=ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
        deadline=Duration(seconds=2),
        lifespan=Duration(seconds=3),
        liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
        liveliness_lease_duration=Duration(seconds=4),
    )
    graph = Graph(participant)
    participant.create_writer('rt/announced', String, profile)
    (info,) = graph.endpoints('rt/announced', is_reader=False)
    graph.close()
    assert info.endpoint.qos == profile
    assert info.endpoint.type_hash == type_hash(String)
