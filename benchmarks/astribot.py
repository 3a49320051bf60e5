"""An emulated S1 in real time: are there gaps in its 250 Hz commands, and how much do they jerk?

Run: python benchmarks/astribot.py [--seconds N] [--mode waypoints] [--cameras], ten minutes with
--seconds 600. policy_node runs in a process of its own, with a policy that takes 50 to 100 ms;
the bridge runs in this one, so that what the robot was told can be read from its record. The
robot's own clock stamps every command when it arrives.

On a machine that does other work too, give the bridge priority as on a robot:
chrt --fifo 10 python benchmarks/astribot.py
The other programs get none.

Budgets: no gap between commands above two periods, no jerk above the limit of config/astribot.yaml.
Not counted are gaps that are longer only by what a metronome missed at that moment
(`metronome.py`): nothing ran then.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from array import array
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import rclpy
import yaml
from metronome import Metronomes
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future
from ros_domain import free_domain_id

from policy_node.policies.mock import MockPolicy
from policy_node.policy import Observation, PolicyConfig, Prediction
from robot_bridge.emulators.astribot import sdk
from robot_bridge.emulators.astribot.pictures import CAMERAS
from robot_bridge.emulators.astribot.record import Command
from robot_bridge.node import RobotBridge

FILE = Path(__file__).parents[1] / 'config' / 'astribot.yaml'
BIN = Path(sys.executable).parent
PERIODS = {'positions': 1 / 250, 'waypoints': 1 / 30}
"""Spacing of the commands [s]."""
ROUNDING = 1.001


class Slow(MockPolicy):
    """Swings each joint like ``mock``, and takes its time."""

    def infer(self, observation: Observation, prefix: np.ndarray, delay: float) -> Prediction:
        """Predict, 50 to 100 ms later."""
        time.sleep(random.uniform(0.05, 0.1))
        return super().infer(observation, prefix, delay)


class Seeing(Slow):
    """Needs the cameras as well."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__(config)
        self.metadata = replace(self.metadata, features=('state', *CAMERAS))


class Kept:
    """Commands as bare numbers.

    A growing list of objects makes Python's garbage collection longer and longer, which is not the
    bridge's doing.
    """

    def __init__(self) -> None:
        self.due, self.values = array('q'), array('d')

    def append(self, command: Command) -> None:
        """Keep one."""
        self.due.append(command.due_ns)
        self.values.extend(command.values)


def ros_arguments(node: str, parameters: dict[str, str]) -> list[str]:
    """Command line of a node with the shipped parameter file and overrides."""
    return ['--ros-args', '--params-file', str(FILE),
            *(word for name, value in parameters.items()
              for word in ('-p', f'{node}:{name}:={value}'))]


def drive(options: argparse.Namespace) -> tuple[Kept, np.ndarray]:
    """Let the policy drive the robot; the commands, and when the machine stood still."""
    sdk.ROBOT.record.commands = kept = Kept()
    policy = 'astribot:Seeing' if options.cameras else 'astribot:Slow'
    programs = {'policy_node': {'policy': policy}}
    if options.cameras:
        programs['astribot_emulator'] = {}
    rclpy.init(args=['robot_bridge', *ros_arguments('robot_bridge', {
        'astribot.sdk': sdk.__name__, 'astribot.mode': options.mode, 'confirm_start': 'false',
        'move_to_ready': 'false'})])
    metronomes = Metronomes()
    bridge, executor = RobotBridge(), SingleThreadedExecutor()
    executor.add_node(bridge)
    started = [subprocess.Popen([BIN / program, *ros_arguments(program, parameters)], env={
        **os.environ, 'PYTHONPATH': str(Path(__file__).parent)})
        for program, parameters in programs.items()]
    for process in started:
        os.sched_setscheduler(process.pid, os.SCHED_OTHER, os.sched_param(0))
    began, cpu = time.monotonic(), time.process_time()
    try:
        executor.spin_until_future_complete(Future(), timeout_sec=options.seconds)
        share = (time.process_time() - cpu) / (time.monotonic() - began)
        print(f'load     {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; the bridge and the '
              f'emulated robot ran {100 * share:.0f} % of one')
    finally:
        bridge.close()
        bridge.destroy_node()
        rclpy.try_shutdown()
        for process in started:
            process.terminate()
            process.wait()
    return kept, metronomes.stop()


def limits() -> SimpleNamespace:
    """Limited columns and their jerk limit, from the shipped file."""
    shaping = yaml.safe_load(FILE.read_text())['robot_bridge']['ros__parameters']['shaping']
    return SimpleNamespace(columns=[sdk.ALL.joints.index(n) for n in shaping['limited_columns']],
                           jerk=shaping['jerk_limits'][0])


def standing_still(begins: np.ndarray, ends: np.ndarray, still: np.ndarray) -> np.ndarray:
    """How long the machine stood still in each gap, at most on one core [ns]."""
    shared = np.minimum(ends[:, None], still[:, 1]) - np.maximum(begins[:, None], still[:, 0])
    return shared.clip(0).max(axis=1, initial=0)


def report(commands: Kept, still: np.ndarray, mode: str) -> bool:
    """Print what the robot was told; whether it is within the budgets."""
    bound, due = limits(), np.array(commands.due)
    if len(due) < 100:
        print(f'only {len(due)} commands: the policy did not come up')
        return False
    period, gaps = PERIODS[mode], np.diff(due) * 1e-6
    values = np.array(commands.values).reshape(len(due), -1)[:, bound.columns]
    jerk = np.abs(np.diff(values, 3, axis=0)).max() / period**3
    p50, p99, p999 = np.percentile(gaps, [50, 99, 99.9])
    print(f'{len(due)} commands in {(due[-1] - due[0]) * 1e-9:.1f} s')
    long = np.flatnonzero(gaps > 2e3 * period)
    own = gaps[long] - standing_still(due[long], due[long + 1], still) * 1e-6
    above = int((own > 2e3 * period).sum())
    print(f'gaps     p50 {p50:.2f}  p99 {p99:.2f}  p99.9 {p999:.2f}  max {gaps.max():.2f} ms '
          f'(after {1e-9 * (due[gaps.argmax()] - due[0]):.1f} s); {len(long)} above two periods, '
          f'{above} without what the machine stood still in them')
    print(f'machine  stood still {len(still)} times for more than a ms, '
          f'{np.diff(still).sum() * 1e-6:.0f} ms in all')
    print(f'jerk     max {jerk:.1f} rad/s^3, limit {bound.jerk:g}')
    print(f'robot    {sdk.ROBOT.record}')
    return not above and jerk <= bound.jerk * ROUNDING and not sdk.ROBOT.record.refused


def main() -> int:
    """Drive, and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', type=float, default=60.0, help='how long to drive')
    parser.add_argument('--mode', default='positions', choices=('positions', 'waypoints'))
    parser.add_argument('--cameras', action='store_true', help='with three cameras at 30 Hz')
    options = parser.parse_args()
    os.environ.setdefault('ROS_DOMAIN_ID', str(free_domain_id()))
    return 0 if report(*drive(options), options.mode) else 1


if __name__ == '__main__':
    sys.exit(main())
