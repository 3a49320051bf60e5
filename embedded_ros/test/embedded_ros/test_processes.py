"""What only two processes can show."""

import json
import signal
import socket
import time

import pytest
from std_msgs.msg import String

from embedded_ros.dds import DdsError, Participant
from embedded_ros.dds.configuration import unicast_ports
from embedded_ros.interfaces import deserialize, serialize
from embedded_ros.qos import QoSProfile

QOS = QoSProfile(depth=10)

ECHO = """
    import sys
    from embedded_ros.dds import Participant, WaitSet, domain_id_from_environment
    from embedded_ros.interfaces import deserialize, get_message, serialize
    from embedded_ros.qos import QoSProfile, ReliabilityPolicy
    cls, count = get_message(sys.argv[1]), int(sys.argv[2])
    qos = QoSProfile(depth=count, reliability=ReliabilityPolicy[sys.argv[3]])
    participant = Participant(domain_id_from_environment())
    reader = participant.create_reader('rt/there', cls, qos)
    writer = participant.create_writer('rt/back', cls, qos)
    wait_set = WaitSet(participant)
    wait_set.attach(reader)
    print('ready', flush=True)
    while count:
        wait_set.wait(30)
        while sample := reader.take():
            writer.write(serialize(deserialize(sample.buffer, cls)))
            count -= 1
    writer.wait_for_acknowledgments(30)
    sys.stdin.readline()
"""


@pytest.mark.parametrize(
    ('name', 'fields', 'count', 'reliability'),
    [
        ('sensor_msgs/msg/JointState', {'name': ['ä'], 'position': [0.5, -1.5]}, 200, 'RELIABLE'),
        ('sensor_msgs/msg/Image', {'data': bytes(range(256)) * 3600}, 5, 'BEST_EFFORT'),
    ],
)  # fmt: skip
def test_messages_come_back_from_another_process_unchanged(
    participant, run_python, wait_until, name, fields, count, reliability
):
    from embedded_ros.interfaces import get_message
    from embedded_ros.qos import ReliabilityPolicy

    cls = get_message(name)
    qos = QoSProfile(depth=count, reliability=ReliabilityPolicy[reliability])
    writer = participant.create_writer('rt/there', cls, qos)
    reader = participant.create_reader('rt/back', cls, qos)
    may_lose = reliability == 'BEST_EFFORT'
    echo = run_python(ECHO, name, str(10 * count if may_lose else count), reliability)
    assert echo.read_line() == 'ready'
    wait_until(lambda: writer.matched_count and reader.matched_count, 'the processes match')
    message = cls(**fields)
    for _ in range(count):
        for tries_left in reversed(range(10 if may_lose else 1)):
            writer.write(serialize(message))
            end = time.monotonic() + (1.0 if tries_left else 30.0)
            while (sample := reader.take()) is None and time.monotonic() < end:
                time.sleep(0.001)
            if sample:
                break
        assert sample, 'no echo came'
        assert deserialize(sample.buffer, cls) == message
    if not may_lose:
        echo.send_line()
        assert echo.wait() == 0, echo.errors


def test_a_killed_process_is_noticed(participant, run_python, wait_until):
    reader = participant.create_reader('rt/killed', String, QOS)
    victim = run_python("""
        import time
        from embedded_ros.dds import Participant, domain_id_from_environment
        from embedded_ros.qos import QoSProfile
        from std_msgs.msg import String
        participant = Participant(domain_id_from_environment())
        writer = participant.create_writer('rt/killed', String, QoSProfile(depth=10))
        print('ready', flush=True)
        time.sleep(600)
    """)
    victim.read_line()
    wait_until(lambda: reader.matched_count, 'they match')
    victim.process.send_signal(signal.SIGKILL)
    wait_until(lambda: not reader.matched_count, 'the loss is noticed', timeout_s=60)


@pytest.mark.parametrize('ending', ['', 'sys.exit(3)', "raise RuntimeError('boom')"])
def test_a_program_that_closes_nothing_ends_cleanly_and_at_once_for_others(
    participant, run_python, wait_until, ending
):
    reader = participant.create_reader('rt/ending', String, QOS)
    program = run_python(f"""
        import sys, threading
        from embedded_ros.dds import (
            GuardCondition, Participant, WaitSet, domain_id_from_environment)
        from embedded_ros.graph import Graph
        from embedded_ros.interfaces import serialize
        from embedded_ros.qos import QoSProfile
        from std_msgs.msg import String
        participant = Participant(domain_id_from_environment())
        graph = Graph(participant)
        graph.add_node('/', 'careless')
        writer = participant.create_writer('rt/ending', String, QoSProfile(depth=10))
        wait_set = WaitSet(participant)
        wait_set.attach(GuardCondition(participant))
        threading.Thread(target=wait_set.wait, daemon=True).start()
        print('ready', flush=True)
        sys.stdin.readline()
        {ending}
    """)
    program.read_line()
    wait_until(lambda: reader.matched_count, 'they match')
    program.send_line()
    assert program.wait() == {'': 0, 'sys.exit(3)': 3}.get(ending, 1), program.errors
    assert ('boom' in program.errors) == ('boom' in ending)
    assert 'Fatal' not in program.errors
    wait_until(lambda: not reader.matched_count, 'the departure is noticed', timeout_s=5)


def test_other_domains_are_not_heard(participant, run_python, domain_id, wait_until):
    reader = participant.create_reader('rt/elsewhere', String, QOS)
    program = """
        import sys
        from embedded_ros.dds import Participant, domain_id_from_environment
        from embedded_ros.interfaces import serialize
        from embedded_ros.qos import QoSProfile
        from std_msgs.msg import String
        participant = Participant(domain_id_from_environment())
        writer = participant.create_writer('rt/elsewhere', String, QoSProfile(depth=10))
        print('ready', flush=True)
        sys.stdin.readline()
        print(writer.matched_count, flush=True)
    """
    far = run_python(program, env={'ROS_DOMAIN_ID': str(domain_id + 100)})
    near = run_python(program)
    far.read_line(), near.read_line()
    wait_until(lambda: reader.matched_count, 'the one in this domain matches')
    far.send_line()
    assert far.read_line() == '0'
    assert reader.matched_count == 1


def test_a_full_domain_is_refused_by_name_with_the_remedy(run_python, domain_id):
    taken = []
    crowded = domain_id + 100
    for port in unicast_ports(crowded):
        taken.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        try:
            taken[-1].bind(('', port))
        except OSError:
            pass  # somebody else holds it, which is just as well
    try:
        with pytest.raises(
            DdsError, match=f'ROS domain {crowded} has no free place.*ROS_DOMAIN_ID'
        ):
            Participant(crowded)
    finally:
        for holder in taken:
            holder.close()
    Participant(crowded).close()


def test_a_configuration_of_the_user_is_used(run_python):
    program = run_python(
        """
        from embedded_ros.dds import DdsError, Participant, domain_id_from_environment
        try:
            Participant(domain_id_from_environment())
        except DdsError as error:
            print(error)
        """,
        env={
            'CYCLONEDDS_URI': '<CycloneDDS><Domain><General><Interfaces><NetworkInterface '
            'name="missing0"/></Interfaces></General></Domain></CycloneDDS>'
        },
    )
    assert 'cannot join ROS domain' in program.read_line()
    program.wait()
    assert 'missing0' in program.errors


def test_no_type_information_is_announced(participant, run_python, wait_until):
    """Fast DDS 3 refuses to match endpoints whose XTypes type information differs."""
    writer = participant.create_writer('rt/untyped', String, QOS)
    observer = run_python("""
        import json, time
        from cyclonedds.domain import Domain, DomainParticipant
        from cyclonedds.builtin import BuiltinDataReader, BuiltinTopicDcpsPublication
        from embedded_ros.dds.configuration import configuration, domain_id_from_environment
        domain = Domain(domain_id_from_environment(), configuration(0))
        participant = DomainParticipant(domain_id_from_environment())
        reader = BuiltinDataReader(participant, BuiltinTopicDcpsPublication)
        while True:
            for found in reader.take(100):
                if found.topic_name == 'rt/untyped':
                    print(json.dumps([found.type_name, found.type_id is None]), flush=True)
            time.sleep(0.01)
    """)
    assert json.loads(observer.read_line()) == ['std_msgs::msg::dds_::String_', True]
    assert writer.matched_count == 0


def test_types_that_share_parts_may_come_and_go(run_python):
    """CycloneDDS corrupts its library of types when it forgets types; it must not be made to."""
    process = run_python("""
        import rclpy
        from diagnostic_msgs.msg import DiagnosticArray
        for _ in range(120):
            rclpy.init()
            node = rclpy.create_node('comes_and_goes')
            node.create_subscription(DiagnosticArray, 'there', print, 10)
            node.create_publisher(DiagnosticArray, 'there', 10).publish(DiagnosticArray())
            node.destroy_node()
            rclpy.shutdown()
        print('done')
    """)
    assert process.read_line(120) == 'done'
    assert process.wait() == 0
