"""Three 640x480 cameras at 30 Hz between two processes. Budget: no loss, p50 <= 3 ms, < 15 % CPU.

Run: python benchmarks/cameras.py [--seconds N]. The images go through rclpy, best effort and
reliable. Beside it, in the same run: a copy of the same bytes in memory, which no code can beat,
and CycloneDDS's own Python types (`IdlStruct`), which cannot keep up and so get one camera.

Latency is from just before `publish` to the callback; CPU is the share of one core that a process
uses while images flow.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from ros_domain import free_domain_id

WIDTH, HEIGHT, RATE_HZ = 640, 480, 30
BYTES = WIDTH * HEIGHT * 3
BUDGET_P50_MS, BUDGET_CPU = 3.0, 0.15
SILENCE_S = 2.0  # after which the last image has arrived
START_S = 30.0  # longest wait for the other side
TOPICS = ('camera_left', 'camera_right', 'camera_hand')
# Stack, QoS, number of cameras.
MODES = (('rclpy', 'best_effort', 3), ('rclpy', 'reliable', 3), ('cyclone', 'reliable', 1))


def main() -> None:
    """Measure every mode in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', type=float, default=15.0, help='length of each mode [s]')
    parser.add_argument('--role', choices=('publish', 'subscribe'), help=argparse.SUPPRESS)
    parser.add_argument('--mode', type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role:
        stack, qos, cameras = MODES[arguments.mode]
        run = {'publish': publish, 'subscribe': subscribe}[arguments.role]
        print(json.dumps(run(stack, qos, cameras, arguments.seconds)), flush=True)
        return
    os.environ['ROS_DOMAIN_ID'] = str(free_domain_id())
    copy_ms = memcpy_ms()
    print(f'copy of {BYTES} bytes in memory: {copy_ms:.3f} ms')
    for mode in range(len(MODES)):
        report(mode, arguments.seconds, copy_ms)


def report(mode: int, seconds: float, copy_ms: float) -> None:
    """Run one mode in two processes and print what came out."""
    command = [sys.executable, __file__, '--seconds', str(seconds), '--mode', str(mode), '--role']
    receiver, sender = (
        subprocess.Popen([*command, role], stdout=subprocess.PIPE, text=True)
        for role in ('subscribe', 'publish')
    )
    try:
        limit_s = START_S + seconds + 2 * SILENCE_S
        outputs = [each.communicate(timeout=limit_s)[0] for each in (sender, receiver)]
    finally:
        for process in (receiver, sender):
            process.kill()
    if sender.returncode or receiver.returncode:
        raise RuntimeError(f'mode {mode}: exit codes {sender.returncode}, {receiver.returncode}')
    sent, received = map(json.loads, outputs)
    stack, qos, cameras = MODES[mode]
    lost = sent['count'] - received['count']
    p50, p99 = received['p50_ms'], received['p99_ms']
    cpu = (sent['cpu'], received['cpu'])
    print(
        f'{stack} {qos}, {cameras} camera(s): {sent["count"]} images, '
        f'{sent["count"] / cameras / sent["seconds"]:.1f} Hz, lost {lost}, '
        f'p50 {p50:.2f} ms ({p50 / copy_ms:.0f} copies), p99 {p99:.2f} ms, '
        f'CPU {cpu[0]:.1%} sender, {cpu[1]:.1%} receiver; per image '
        f'{per_image(sent) / copy_ms:.0f} and {per_image(received) / copy_ms:.0f} copies'
    )
    if stack == 'rclpy':
        kept = lost == 0 and p50 <= BUDGET_P50_MS and max(cpu) < BUDGET_CPU
        print(f'  budget {"kept" if kept else "MISSED"}')


def per_image(side: dict) -> float:
    """CPU time of one side for one image [ms]."""
    return 1e3 * side['cpu'] * side['seconds'] / max(1, side['count'])


def publish(stack: str, qos: str, cameras: int, seconds: float) -> dict:
    """Send images at a steady rate, the cameras one after the other."""
    send, count_matched, stop = SENDERS[stack](qos, cameras)
    deadline = time.monotonic() + START_S
    while count_matched() < cameras:
        if time.monotonic() > deadline:
            raise TimeoutError(f'no receiver within {START_S} s')
        time.sleep(0.01)
    time.sleep(0.5)  # the receiver has matched, too
    period_s = 1.0 / (RATE_HZ * cameras)
    start, cpu, count = time.monotonic(), time.process_time(), 0
    while time.monotonic() - start < seconds:
        send(count % cameras)
        count += 1
        time.sleep(max(0.0, start + count * period_s - time.monotonic()))
    elapsed = time.monotonic() - start
    share = (time.process_time() - cpu) / elapsed
    time.sleep(SILENCE_S / 2)
    stop()
    return {'count': count, 'seconds': elapsed, 'cpu': share}


def subscribe(stack: str, qos: str, cameras: int, seconds: float) -> dict:
    """Receive until no image came for a while."""
    latencies_ns: list[int] = []
    arrivals: list[tuple[float, float]] = []

    def note(stamp_ns: int) -> None:
        latencies_ns.append(time.monotonic_ns() - stamp_ns)
        arrivals.append((time.monotonic(), time.process_time()))

    poll, stop = RECEIVERS[stack](qos, cameras, note)
    begin = time.monotonic()
    while time.monotonic() - (arrivals[-1][0] if arrivals else begin + START_S) < SILENCE_S:
        poll()
    stop()
    if len(arrivals) < 2:
        raise TimeoutError(f'{len(arrivals)} images within {START_S} s')
    elapsed = arrivals[-1][0] - arrivals[0][0]
    cuts = statistics.quantiles(latencies_ns, n=100)
    return {
        'count': len(arrivals), 'seconds': elapsed,
        'cpu': (arrivals[-1][1] - arrivals[0][1]) / elapsed,
        'p50_ms': cuts[49] / 1e6, 'p99_ms': cuts[98] / 1e6,
    }  # fmt: skip


def rclpy_sender(qos: str, cameras: int) -> tuple[Callable, Callable, Callable]:
    """Functions that send an image, count receivers and stop."""
    import rclpy
    from sensor_msgs.msg import Image

    rclpy.init(args=[])
    node = rclpy.create_node('cameras')
    publishers = [node.create_publisher(Image, topic, profile(qos)) for topic in TOPICS[:cameras]]
    message = Image(height=HEIGHT, width=WIDTH, encoding='rgb8', step=3 * WIDTH, data=bytes(BYTES))

    def send(camera: int) -> None:
        stamp = message.header.stamp
        stamp.sec, stamp.nanosec = divmod(time.monotonic_ns(), 10**9)
        publishers[camera].publish(message)

    return send, lambda: sum(p.get_subscription_count() for p in publishers), rclpy.shutdown


def rclpy_receiver(qos: str, cameras: int, note: Callable) -> tuple[Callable, Callable]:
    """Functions that receive what comes, and stop."""
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    from sensor_msgs.msg import Image

    rclpy.init(args=[])
    node = rclpy.create_node('receiver')
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def receive(message: Image) -> None:
        note(message.header.stamp.sec * 10**9 + message.header.stamp.nanosec)

    for topic in TOPICS[:cameras]:
        node.create_subscription(Image, topic, receive, profile(qos))
    return lambda: executor.spin_once(timeout_sec=0.5), rclpy.shutdown


def profile(qos: str):
    """Profile of a name; both keep ten images."""
    from rclpy.qos import QoSProfile, ReliabilityPolicy

    return QoSProfile(depth=10, reliability=ReliabilityPolicy[qos.upper()])


def cyclone_endpoint(kind: str, cameras: int):
    """CycloneDDS's own writer or reader of an image, with the settings that rclpy uses."""
    from cyclonedds.core import Policy, Qos
    from cyclonedds.domain import Domain, DomainParticipant
    from cyclonedds.pub import DataWriter
    from cyclonedds.sub import DataReader
    from cyclonedds.topic import Topic
    from cyclonedds.util import duration
    from embedded_ros.dds.configuration import configuration
    from embedded_ros.dds.types import idl_type

    if cameras != 1:
        raise ValueError(f'cameras={cameras}: CycloneDDS itself is measured with 1')
    number = int(os.environ['ROS_DOMAIN_ID'])
    domain = Domain(number, configuration(number))
    qos = Qos(Policy.Reliability.Reliable(duration(seconds=10)), Policy.History.KeepLast(10))
    participant = DomainParticipant(number)
    topic = Topic(participant, TOPICS[0], idl_type('sensor_msgs/msg/Image'), qos=qos)
    endpoint = {'writer': DataWriter, 'reader': DataReader}[kind](participant, topic, qos=qos)
    return domain, endpoint


def cyclone_sender(qos: str, cameras: int) -> tuple[Callable, Callable, Callable]:
    """Like `rclpy_sender`."""
    from embedded_ros.dds.types import idl_type

    domain, writer = cyclone_endpoint('writer', cameras)
    image, header, stamp = (
        idl_type(name)
        for name in ('sensor_msgs/msg/Image', 'std_msgs/msg/Header', 'builtin_interfaces/msg/Time')
    )
    data = [0] * BYTES

    def send(camera: int) -> None:
        now = stamp(*divmod(time.monotonic_ns(), 10**9))
        writer.write(image(header(now, ''), HEIGHT, WIDTH, 'rgb8', 0, 3 * WIDTH, data))

    return send, lambda: len(writer.get_matched_subscriptions()), lambda: domain


def cyclone_receiver(qos: str, cameras: int, note: Callable) -> tuple[Callable, Callable]:
    """Like `rclpy_receiver`."""
    from cyclonedds.core import ReadCondition, SampleState, WaitSet
    from cyclonedds.internal import InvalidSample
    from cyclonedds.util import duration

    domain, reader = cyclone_endpoint('reader', cameras)
    wait_set = WaitSet(reader.participant)
    wait_set.attach(ReadCondition(reader, SampleState.Any))

    def poll() -> None:
        wait_set.wait(duration(milliseconds=500))
        for message in reader.take(1):
            if not isinstance(message, InvalidSample):  # news about the writer
                stamp = message.header.stamp
                note(stamp.sec * 10**9 + stamp.nanosec)

    return poll, lambda: domain


SENDERS = {'rclpy': rclpy_sender, 'cyclone': cyclone_sender}
RECEIVERS = {'rclpy': rclpy_receiver, 'cyclone': cyclone_receiver}


def memcpy_ms() -> float:
    """Median time to copy one image in memory [ms]."""
    source, target, times = bytes(BYTES), bytearray(BYTES), []
    for _ in range(200):
        start = time.perf_counter_ns()
        target[:] = source
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / 1e6


if __name__ == '__main__':
    main()
