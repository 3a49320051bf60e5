"""Real nodes in real processes, and a node of the test that watches and calls them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from segue.msg import BridgeStatus

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def wait_for(condition, seconds, what):
    """Poll a condition; fail naming what was waited for."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f'not within {seconds} s: {what}')
        time.sleep(0.02)
    return result


class Process:
    """One program of the package; its output is kept in a file."""

    def __init__(self, folder, executable, *arguments, programs=BIN):
        self.log = folder / f'{executable}-{time.monotonic_ns()}.log'
        environment = {**os.environ, 'PYTHONPATH': str(ROOT / 'test'), 'PYTHONUNBUFFERED': '1'}
        with self.log.open('w') as log:
            self.popen = subprocess.Popen(
                [programs / executable, *arguments], stdout=log, stderr=subprocess.STDOUT,
                env=environment, cwd=folder, start_new_session=True)

    @property
    def output(self):
        return self.log.read_text()

    def says(self, text, seconds=30):
        wait_for(lambda: text in self.output or self.popen.poll() is not None, seconds,
                 f'{text!r} in\n{self.output}')
        assert text in self.output

    def exit_code(self, seconds=30):
        return self.popen.wait(seconds)

    def end(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGINT)
            try:
                self.popen.wait(15)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()


class Graph:
    """Starts programs and watches ``bridge_status``."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        self.status = None
        rclpy.init()
        self.node = rclpy.create_node('watcher')
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self.node.create_subscription(BridgeStatus, 'bridge_status', self._on_status,
                                      QoSProfile(depth=100))

    def _on_status(self, msg):
        self.status = msg

    def start(self, executable, *arguments, programs=BIN):
        self.processes.append(Process(self.folder, executable, *arguments, programs=programs))
        return self.processes[-1]

    def node_with(self, executable, config, programs=BIN, **parameters):
        """Start a node with a shipped parameter file and overrides."""
        overrides = [a for k, v in parameters.items() 
                     for a in ('-p', f'{executable}:{k}:={v}')]
        return self.start(executable, '--ros-args', '--params-file', str(ROOT / 'config' / config),
                          *overrides, programs=programs)

    def until(self, condition, seconds=30, what='the condition'):
        """Spin until a condition on the newest status holds."""
        def look():
            self.executor.spin_once(timeout_sec=0.05)
            return self.status is not None and condition(self.status)
        try:
            wait_for(look, seconds, what)
        except AssertionError as error:
            logs = '\n'.join(p.output[-2000:] for p in self.processes)
            raise AssertionError(f'{error}; last status {self.status}\n{logs}') from None
        return self.status

    def call(self, kind, name, request, seconds=20):
        """Call a service."""
        client = self.node.create_client(kind, name)
        try:
            assert client.wait_for_service(timeout_sec=seconds), f'no service {name}'
            future = client.call_async(request)
            self.executor.spin_until_future_complete(future, timeout_sec=seconds)
            assert future.done(), f'no answer from {name}'
            return future.result()
        finally:
            self.node.destroy_client(client)

    def close(self):
        for process in self.processes:
            process.end()
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown()
