"""Executors: they wait for messages, timers and requests, and run the callbacks."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rclpy.context import Context
from rclpy.impl.executor import (
    ConditionReachedException,
    Executor,
    ExternalShutdownException,
    ShutdownException,
    TimeoutException,
)
from rclpy.task import Task
from rclpy.task import await_or_execute as await_or_execute

if TYPE_CHECKING:
    from rclpy.node import Node

_NOTHING_READY = (ShutdownException, TimeoutException, ConditionReachedException)


class SingleThreadedExecutor(Executor):
    """Runs the callbacks in the thread that spins."""

    def _spin_once_impl(
        self, timeout_sec: float | None, wait_condition: Callable[[], bool] = lambda: False
    ) -> None:
        try:
            task, _, node = self.wait_for_ready_callbacks(timeout_sec, None, wait_condition)
        except _NOTHING_READY:
            return
        self._step(task, node)
        task.result()


class MultiThreadedExecutor(Executor):
    """Runs the callbacks in a pool of threads, as far as their callback groups allow."""

    def __init__(self, num_threads: int | None = None, *, context: Context | None = None) -> None:
        """Create an executor without nodes.

        Args:
            num_threads: Size of the pool; default the number of cores.
            context: Context of its nodes; default the default one.
        """
        super().__init__(context=context)
        if num_threads is None:
            num_threads = len(os.sched_getaffinity(0)) or 2
        if num_threads == 1:
            warnings.warn(
                'MultiThreadedExecutor is used with a single thread.\n'
                'Use the SingleThreadedExecutor instead.',
                stacklevel=2,
            )
        self._futures: list[Task] = []
        self._executor = ThreadPoolExecutor(num_threads, thread_name_prefix='ros_executor')

    def _spin_once_impl(
        self, timeout_sec: float | None, wait_condition: Callable[[], bool] = lambda: False
    ) -> None:
        try:
            task, _, node = self.wait_for_ready_callbacks(timeout_sec, None, wait_condition)
        except (*_NOTHING_READY, ExternalShutdownException):
            return
        if all(task is not known for known in self._futures):
            self._futures.append(task)
        self._executor.submit(self._run, task, node)
        done = [future for future in self._futures if future.done()]
        self._futures = [future for future in self._futures if not future.done()]
        for future in done:
            future.result()

    def _run(self, task: Task, node: Node | None) -> None:
        self._step(task, node)
        self.wake()

    def _on_progress(self) -> None:
        self.wake()

    def _wait_for_callbacks(self, timeout_sec: float | None) -> bool:
        self._executor.shutdown(wait=False)
        if timeout_sec is not None and timeout_sec < 0:
            timeout_sec = None
        with self._idle:
            return self._idle.wait_for(lambda: self._running == 0, timeout_sec)
