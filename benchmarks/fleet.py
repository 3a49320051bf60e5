"""One policy_node and N mock robots at 30 Hz. Budget: 64 robots, none starves, whoever is killed.

Run: python benchmarks/fleet.py [--robots N] [--seconds S] [--shared P]. Each robot is a
`robot_bridge` process with config/mock.yaml in a namespace of its own; one `policy_node` serves all
with a policy that sleeps 50 ms for a batch of any size. After the warm-up, ticks without an action
are counted for S seconds; then one bridge is killed, and they are counted for S seconds more.

64 such processes take two to three cores. With --shared P the robots live in P processes, with the
real control loop, topics and status of the bridge, but without its services and plan topics; what
policy_node has to do is the same. One process is killed, with all its robots.

CPU is in cores: 1.00 is one core. `others` is what the rest of the machine used meanwhile: when all
cores together are used up, robots starve for want of a CPU, not of a policy.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ros_domain import free_domain_id

ROOT = Path(__file__).parents[1]
CONFIG = str(ROOT / 'config' / 'mock.yaml')
TICK_HZ = os.sysconf('SC_CLK_TCK')
CONTROL_HZ = 30.0
START_S = 180.0
"""Longest wait for all robots to run [s]."""


def main() -> None:
    """Start everything, count twice, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--robots', type=int, default=64)
    parser.add_argument('--seconds', type=float, default=30.0, help='length of each half [s]')
    parser.add_argument('--warm-up', type=float, default=10.0, help='after all robots run [s]')
    parser.add_argument('--batch-size', type=int, default=16)
    parser.add_argument('--shared', type=int, default=0, help='processes of the robots; 0: N')
    arguments = parser.parse_args()
    os.environ['ROS_DOMAIN_ID'] = str(free_domain_id())
    os.environ['OMP_NUM_THREADS'] = '1'
    robots = [f'robot_{k:02}' for k in range(1, arguments.robots + 1)]
    with Programs() as programs:
        programs.start('policy_node', run_policy, robots, arguments.batch_size)
        groups = {robot: [robot] for robot in robots}
        if arguments.shared:
            groups = {f'process_{k}': robots[k::arguments.shared] for k in range(arguments.shared)}
        for name, group in groups.items():
            programs.start(name, run_shared if arguments.shared else run_bridge, group)
        watch(programs, groups, arguments)


def run_policy(robots: list[str], batch_size: int) -> None:
    """Be policy_node."""
    import sys

    from policy_node.node import main
    sys.path.insert(0, str(ROOT / 'test'))
    main(['--ros-args', '--params-file', CONFIG, '-p', 'policy:=policies_for_tests:Batching',
          '-p', f'robots:=[{", ".join(robots)}]', '-p', f'max_batch_size:={batch_size}'])


def run_bridge(robots: list[str]) -> None:
    """Be the bridge of one robot."""
    from robot_bridge.node import main
    main(['--ros-args', '--params-file', CONFIG, '-r', f'__ns:=/{robots[0]}',
          '-p', 'status_rate:=2.0', '--log-level', 'warn'])


def run_shared(robots: list[str]) -> None:
    """Be several robots, which tick one after the other."""
    import rclpy
    from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

    from segue_core.ros_node import steady_timer

    rclpy.init(args=['--ros-args', '--log-level', 'warn'])
    executor = SingleThreadedExecutor()
    try:
        nodes, ticks = zip(*map(shared_robot, robots), strict=True)
        for node in nodes:
            executor.add_node(node)
        steady_timer(nodes[0], 1 / CONTROL_HZ, lambda: [tick() for tick in ticks])
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        rclpy.try_shutdown()


def shared_robot(robot: str) -> tuple[Any, Callable[[], None]]:
    """A node, and a control tick like that of the bridge with config/mock.yaml."""
    import rclpy

    from robot_bridge.assembly import assemble
    from robot_bridge.drivers import mock
    from robot_bridge.episodes import EpisodeParams
    from robot_bridge.parameters import BridgeParams
    from robot_bridge.policy_link import PolicyLink
    from robot_bridge.publish import ReadingPublisher
    from robot_bridge.shaping.parameters import ShapingParams
    from robot_bridge.status import StatusPublisher
    from segue_core.contract import Contract
    from segue_core.ros_messages import time_to_msg

    driver, params = mock.create(mock.Params(rate=CONTROL_HZ)), BridgeParams(status_rate=2.0)
    spec = driver.spec
    contract = Contract(round(1e9 / spec.rate), (), spec.action_names, spec.action_units)
    loop, _ = assemble(driver, params, contract, ShapingParams(), EpisodeParams())
    node = rclpy.create_node('robot_bridge', namespace=f'/{robot}', start_parameter_services=False)
    link, readings, status = (PolicyLink(node, lambda: loop), ReadingPublisher(node),
                              StatusPublisher(node))

    def tick() -> None:
        now_ns = node.get_clock().now().nanoseconds
        tick = loop.tick(time.monotonic_ns(), now_ns, link.watch(loop, lockstep=False))
        if tick.reading:
            readings.publish(tick.reading, time_to_msg(tick.stamp_ns))
        if tick.request:
            link.ask(tick.request)
        status.count_tick()
        status.publish(loop, params, now_ns)

    driver.connect()
    loop.start(f'{robot}-{time.monotonic_ns()}', node.get_clock().now().nanoseconds, '')
    readings.publish(driver.read(cameras=True), time_to_msg(node.get_clock().now().nanoseconds))
    return node, tick


class Programs:
    """Forked from this process, which has imported what they need but runs nothing itself."""

    def __init__(self) -> None:
        for module in ('policy_node.node', 'robot_bridge.node', 'robot_bridge.drivers.mock'):
            import_module(module)
        self._fork = multiprocessing.get_context('fork')
        self.processes: dict[str, multiprocessing.process.BaseProcess] = {}

    def start(self, name: str, run: Callable[..., None], *arguments: object) -> None:
        """Start a program in a session of its own, as a terminal or a service manager does."""
        process = self._fork.Process(target=lambda: (os.setsid(), run(*arguments)), name=name)
        process.start()
        self.processes[name] = process

    def kill(self, name: str) -> None:
        """End a program as a power cut would."""
        self.processes.pop(name).kill()

    def cpu_s(self, names: Iterable[str]) -> float:
        """CPU time that programs used so far [s]."""
        return sum(self._cpu_s(self.processes[name].pid) for name in names)

    @staticmethod
    def _cpu_s(pid: int | None) -> float:
        words = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
        return (int(words[11]) + int(words[12])) / TICK_HZ

    def __enter__(self) -> Programs:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            if process.is_alive() and process.pid:
                os.kill(process.pid, signal.SIGINT)
        for process in self.processes.values():
            process.join(20)
            process.kill()


@dataclass
class Seen:
    """The newest status of every robot and the newest figures of policy_node."""

    status: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)


def watch(programs: Programs, groups: dict[str, list[str]], arguments: argparse.Namespace) -> None:
    """Look at what the programs publish, and print it."""
    import rclpy
    from diagnostic_msgs.msg import DiagnosticArray
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.qos import QoSProfile
    from segue.msg import BridgeStatus

    robots = sorted(sum(groups.values(), []))
    rclpy.init(args=[])
    node, seen = rclpy.create_node('fleet_watcher'), Seen()
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def on_diagnostics(msg: DiagnosticArray) -> None:
        for entry in msg.status:
            if entry.name == 'policy_node: policy':
                seen.figures = {value.key: value.value for value in entry.values}

    def on_status(robot: str) -> Callable[[BridgeStatus], None]:
        return lambda msg: seen.status.__setitem__(robot, msg)

    def spin(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            executor.spin_once(timeout_sec=0.2)

    node.create_subscription(DiagnosticArray, '/diagnostics', on_diagnostics, QoSProfile(depth=10))
    for robot in robots:
        node.create_subscription(BridgeStatus, f'/{robot}/bridge_status', on_status(robot),
                                 QoSProfile(depth=1))
    began = time.monotonic()
    spin(START_S, lambda: sum(s.chunks > 0 for s in seen.status.values()) == len(robots))
    running = sum(s.chunks > 0 for s in seen.status.values())
    print(f'{running} of {len(robots)} robots run after {time.monotonic() - began:.0f} s')
    spin(arguments.warm_up)
    print(f'from start to the end of the warm-up: {starved_line(seen.status, {})}')
    half(programs, seen, robots, 'all robots', lambda: spin(arguments.seconds))
    gone = next(iter(groups))
    programs.kill(gone)
    rest = [robot for robot in robots if robot not in groups[gone]]
    half(programs, seen, rest, f'{gone} killed', lambda: spin(arguments.seconds))
    executor.shutdown()
    node.destroy_node()
    rclpy.shutdown()


def half(programs: Programs, seen: Seen, robots: list[str], title: str, spin: Callable[[], None]
         ) -> None:
    """Count for a while and print what was counted."""
    groups = {'policy_node': ['policy_node'],
              'robots': [name for name in programs.processes if name != 'policy_node']}
    before = {robot: seen.status[robot] for robot in robots}
    cpu = {name: programs.cpu_s(group) for name, group in groups.items()}
    own, busy, began = time.process_time(), busy_s(), time.monotonic()
    spin()
    took = time.monotonic() - began
    used = {name: (programs.cpu_s(group) - cpu[name]) / took for name, group in groups.items()}
    used['watcher'] = (time.process_time() - own) / took
    used['others'] = (busy_s() - busy) / took - sum(used.values())
    after = {robot: seen.status[robot] for robot in robots}

    def counted(what: str) -> int:
        return sum(getattr(after[robot], what) - getattr(before[robot], what) for robot in robots)

    print(f'\n{title}, {took:.0f} s:')
    print(f'  {starved_line(after, before)}')
    print(f'  control steps: {counted("timestep") / took / len(robots):.1f} each second and robot')
    worst = max(s.round_trip_p99 for s in after.values())
    middle = sorted(s.round_trip_p50 for s in after.values())[len(after) // 2]
    print(f'  request to chunk: p50 {middle * 1e3:.0f} ms, p99 of the worst robot '
          f'{worst * 1e3:.0f} ms')
    print(f'  requests {counted("requests")}, chunks {counted("chunks")}, lost requests '
          f'{counted("lost_requests")}, refused chunks {counted("refused_chunks")}')
    print('  policy_node: ' + ', '.join(f'{key} {seen.figures.get(key)}' for key in (
        'mean_batch_size', 'inference_p50 [ms]', 'inference_p99 [ms]', 'wait_p50 [ms]',
        'wait_p99 [ms]')))
    print('  CPU: ' + ', '.join(f'{name} {value:.2f}' for name, value in used.items())
          + f' of {os.cpu_count()} cores', flush=True)


def starved_line(after: dict, before: dict) -> str:
    """Ticks without an action, of each robot that had any."""
    starved = {robot: status.starved_ticks - (before[robot].starved_ticks if robot in before else 0)
               for robot, status in after.items()}
    hungry = {robot: ticks for robot, ticks in sorted(starved.items()) if ticks}
    return (f'starved ticks: none in {len(starved) - len(hungry)} of {len(starved)} robots'
            + ''.join(f', {robot} {ticks}' for robot, ticks in hungry.items()))


def busy_s() -> float:
    """CPU time that the whole machine used so far [s]."""
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, Path('/proc/stat').read_text().splitlines()[0].split()[1:])
    return (user + nice + system + irq + softirq) / TICK_HZ


if __name__ == '__main__':
    main()
