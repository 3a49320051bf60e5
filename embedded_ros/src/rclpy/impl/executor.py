"""What the executors have in common: the choice of the callback that runs next."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Condition, Lock, RLock
from typing import TYPE_CHECKING, Any

from rclpy.context import Context
from rclpy.impl.entity import Entity
from rclpy.impl.entity_waiter import EntityWaiter
from rclpy.task import Future, Task
from rclpy.utilities import get_default_context, timeout_sec_to_nsec

if TYPE_CHECKING:
    from rclpy.node import Node


class TimeoutException(Exception):
    """Nothing was ready in time."""


class ShutdownException(Exception):
    """The executor was shut down during the wait."""


class ExternalShutdownException(Exception):
    """The context was shut down from outside, as by a signal."""


class ConditionReachedException(Exception):
    """What the caller waited for came true."""


class Executor:
    """Base of the executors; `context` is the context of its nodes."""

    def __init__(self, *, context: Context | None = None) -> None:
        """Create an executor without nodes.

        Args:
            context: Context of its nodes; default the default one.

        Raises:
            NotInitializedException: The context is not initialized.
            ExternalShutdownException: It was shut down.
        """
        self._is_shutdown = True  # until everything exists
        self.context = get_default_context() if context is None else context
        self._nodes: set[Node] = set()
        self._nodes_lock = RLock()
        self._tasks: list[tuple[Task, Node | None]] = []
        self._tasks_lock = Lock()
        self._ready: deque[tuple[Task | Entity, Node | None]] = deque()
        self._running = 0
        self._idle = Condition()
        if self.context.handle is not None and not self.context.ok():
            raise ExternalShutdownException()  # a signal came early
        self._waiter = EntityWaiter(self.context._joined('cannot create executor')[0])
        self._is_shutdown = False
        self.context.on_shutdown(self.wake)
        self.context._on_invalid(self.wake)

    def create_task(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Task:
        """Run a function or coroutine function in this executor.

        Returns:
            Its task, a future of the result.
        """
        task = Task(callback, args, kwargs, executor=self)
        with self._tasks_lock:
            self._tasks.append((task, None))
        self.wake()
        return task

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        """Stop spinning, and wait for the callbacks that are running in other threads.

        Args:
            timeout_sec: Longest wait [s]; None or negative: for ever.

        Returns:
            Whether they ended in time.
        """
        with self._nodes_lock:
            if self._is_shutdown:
                return True
            self._is_shutdown = True
        self.wake()
        if not self._wait_for_callbacks(timeout_sec):
            return False
        with self._nodes_lock:
            self._nodes = set()
        self._waiter.close()
        return True

    def _wait_for_callbacks(self, timeout_sec: float | None) -> bool:
        return True

    def __del__(self) -> None:
        if not self._is_shutdown:
            self._is_shutdown = True
            self._waiter.close()

    def add_node(self, node: Node) -> bool:
        """Run a node's callbacks from now on; False if it was added before."""
        with self._nodes_lock:
            if node in self._nodes:
                return False
            self._nodes.add(node)
            node.executor = self
        self.wake()
        return True

    def remove_node(self, node: Node) -> None:
        """Stop running a node's callbacks; one that was not added is no error."""
        with self._nodes_lock:
            self._nodes.discard(node)
        self.wake()

    def wake(self) -> None:
        """End the current wait, so that changes are noticed; may be called from any thread."""
        if not self._waiter.guard.closed:
            self._waiter.guard.trigger()

    def get_nodes(self) -> list[Node]:
        """The nodes that were added."""
        with self._nodes_lock:
            return list(self._nodes)

    def spin(self) -> None:
        """Run callbacks until the context or the executor is shut down."""
        while self.context.ok() and not self._is_shutdown:
            self.spin_once()

    def spin_until_future_complete(self, future: Future, timeout_sec: float | None = None) -> None:
        """Run callbacks until a future is done.

        Args:
            future: Future.
            timeout_sec: Longest time [s]; None or negative: for ever.
        """
        future.add_done_callback(lambda _: self.wake())
        timeout_ns = timeout_sec_to_nsec(timeout_sec)
        end = None if timeout_ns < 0 else time.monotonic_ns() + timeout_ns
        while self.context.ok() and not future.done() and not self._is_shutdown:
            left = None if end is None else max(0.0, (end - time.monotonic_ns()) / 1e9)
            self._spin_once_impl(left, future.done)
            if end is not None and time.monotonic_ns() >= end:
                return

    def spin_once_until_future_complete(
        self, future: Future, timeout_sec: float | None = None
    ) -> None:
        """Run one callback; none when a future is done or within a time."""
        future.add_done_callback(lambda _: self.wake())
        self._spin_once_impl(timeout_sec, future.done)

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Run one callback, or none within a time.

        Args:
            timeout_sec: Longest wait [s]; None or negative: for ever.

        Raises:
            ExternalShutdownException: A signal shut the context down.
            Exception: What the callback raised.
        """
        self._spin_once_impl(timeout_sec)

    def _spin_once_impl(
        self, timeout_sec: float | None, wait_condition: Callable[[], bool] = lambda: False
    ) -> None:
        raise NotImplementedError(
            f'{type(self).__name__} must override spin_once; use SingleThreadedExecutor'
        )

    def can_execute(self, entity: Entity) -> bool:
        """Whether an entity is idle and its callback group lets it start."""
        return entity._can_execute()

    def wait_for_ready_callbacks(
        self, timeout_sec: float | None = None, nodes: list[Node] | None = None,
        condition: Callable[[], bool] = lambda: False,
    ) -> tuple[Task, Entity | None, Node | None]:  # fmt: skip
        """Wait until a callback can run.

        All that was ready in one wait is handed out before the next one, so that a busy topic
        keeps neither timers nor other topics from their turn.

        Args:
            timeout_sec: Longest wait [s]; None or negative: for ever.
            nodes: Nodes that count; default all.
            condition: Ends the wait when it is true.

        Returns:
            A task that runs the callback, its entity and its node; None for tasks of their own.

        Raises:
            TimeoutException: Nothing was ready in time.
            ShutdownException: The executor was shut down.
            ExternalShutdownException: The context was shut down.
            ConditionReachedException: The condition is true.
        """
        timeout_ns = timeout_sec_to_nsec(timeout_sec)
        deadline_ns = None if timeout_ns < 0 else time.monotonic_ns() + timeout_ns
        while True:
            self._check(condition)
            if found := self._next_ready(self._nodes if nodes is None else nodes):
                return found
            self._waiter.guard.clear()  # what happens from here on ends the wait
            self._check(condition)
            if self._collect(self.get_nodes() if nodes is None else nodes, deadline_ns):
                continue
            self._check(condition)
            if deadline_ns is not None and time.monotonic_ns() >= deadline_ns:
                raise TimeoutException()

    def _check(self, condition: Callable[[], bool]) -> None:
        if self._is_shutdown:
            raise ShutdownException()
        if not self.context.ok():
            raise ExternalShutdownException()
        if condition():
            raise ConditionReachedException()

    def _next_ready(self, nodes: Any) -> tuple[Task, Entity | None, Node | None] | None:
        while self._ready:
            found, node = self._ready.popleft()
            if node is not None and node not in nodes:
                continue
            if isinstance(found, Task):
                if found._may_step() and not found.done():
                    found._queued = True
                    return found, None, node
            elif found._can_execute():
                found._is_chosen = True
                return Task(self._handle, (found,), executor=self), found, node
        return None

    def _collect(self, nodes: list[Node], deadline_ns: int | None) -> bool:
        """Wait once; whether anything is ready now."""
        with self._tasks_lock:
            self._tasks = [entry for entry in self._tasks if not entry[0].done()]
            tasks = list(self._tasks)
        if any(task._is_due() for task, _ in tasks):
            deadline_ns = time.monotonic_ns()
        entities = self._waiter.wait(nodes, deadline_ns)
        self._ready.extend(entry for entry in tasks if entry[0]._may_step())
        self._ready.extend(entities)
        return bool(self._ready)

    async def _handle(self, entity: Entity) -> None:
        if self._is_shutdown or not entity.callback_group.beginning_execution(entity):
            entity._is_chosen = False
            self._on_progress()
            return
        self._count(1)
        try:
            try:
                call = entity._take(self)
            finally:
                entity._is_chosen = False
            self._on_progress()
            if call is not None:
                await call()
        finally:
            entity.callback_group.ending_execution(entity)
            self._on_progress()
            self._count(-1)

    def _count(self, change: int) -> None:
        """Count the callbacks that are running."""
        with self._idle:
            self._running += change
            self._idle.notify_all()

    def _on_progress(self) -> None:
        """Note that the entities to wait for may have changed."""

    def _step(self, task: Task, node: Node | None) -> None:
        """Run a task; a coroutine that awaits something goes on later."""
        task()
        if not task.done():
            with self._tasks_lock:
                if all(task is not known for known, _ in self._tasks):
                    self._tasks.append((task, node))

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.shutdown()
