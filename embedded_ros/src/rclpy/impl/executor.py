"""What the executors have in common: the choice of the callback that runs next."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock, RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any

from embedded_ros.dds import WaitSet
from rclpy.context import Context, create_dds_guard
from rclpy.impl.executor_support import (
    ConditionReachedException,
    ExternalShutdownException,
    ShutdownException,
    TimeoutException,
    TimeoutObject,
    WorkTracker,
)
from rclpy.impl.ready_entities import EntityWaiter, can_execute
from rclpy.task import Future, Task
from rclpy.utilities import get_default_context, timeout_sec_to_nsec

if TYPE_CHECKING:
    from rclpy.node import Node


class Executor:
    """Base of the executors."""

    def __init__(self, *, context: Context | None = None) -> None:
        """Create an executor without nodes.

        Args:
            context: Context of its nodes; default the default one.

        Raises:
            NotInitializedException: The context is not initialized.
            ExternalShutdownException: It was shut down.
        """
        self._is_shutdown = True  # until everything exists
        self._context = get_default_context() if context is None else context
        self._nodes: set[Node] = set()
        self._nodes_lock = RLock()
        self._tasks: list[tuple[Task, Any, Node | None]] = []
        self._tasks_lock = Lock()
        self._ready: deque[tuple[Any, Any, Node | None]] = deque()
        self._work_tracker = WorkTracker()
        self._shutdown_lock = Lock()
        if self._context.handle is not None and not self._context.ok():
            raise ExternalShutdownException()  # a signal came early
        participant, _ = self._context._joined('cannot create executor')
        self._guard = create_dds_guard(self._context)
        self._waiter = EntityWaiter(WaitSet(participant), self._guard)
        self._is_shutdown = False
        self._context.on_shutdown(self.wake)
        self._context._on_invalid(self.wake)

    @property
    def context(self) -> Context:
        """Context of its nodes."""
        return self._context

    def create_task(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Task:
        """Run a function or coroutine function in this executor.

        Returns:
            Its task, a future of the result.
        """
        task = Task(callback, args, kwargs, executor=self)
        with self._tasks_lock:
            self._tasks.append((task, None, None))
        self.wake()
        return task

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        """Stop spinning, and wait for the callbacks that are running in other threads.

        Args:
            timeout_sec: Longest wait [s]; None or negative: for ever.

        Returns:
            Whether they ended in time.
        """
        with self._shutdown_lock:
            if self._is_shutdown:
                return True
            self._is_shutdown = True
            self.wake()
        if not self._wait_for_work(timeout_sec):
            return False
        with self._nodes_lock:
            self._nodes = set()
        self._waiter.close()
        self._guard.close()
        return True

    def _wait_for_work(self, timeout_sec: float | None) -> bool:
        return True

    def __del__(self) -> None:
        if not self._is_shutdown:
            self._is_shutdown = True
            self._waiter.close()
            self._guard.close()

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
        if not self._guard.closed:
            self._guard.trigger()

    def get_nodes(self) -> list[Node]:
        """The nodes that were added."""
        with self._nodes_lock:
            return list(self._nodes)

    def spin(self) -> None:
        """Run callbacks until the context or the executor is shut down."""
        while self._context.ok() and not self._is_shutdown:
            self.spin_once()

    def spin_until_future_complete(self, future: Future, timeout_sec: float | None = None) -> None:
        """Run callbacks until a future is done.

        Args:
            future: Future.
            timeout_sec: Longest time [s]; None or negative: for ever.
        """
        future.add_done_callback(lambda _: self.wake())
        is_limited = timeout_sec is not None and timeout_sec >= 0
        end = time.monotonic() + timeout_sec if is_limited else None  # type: ignore[operator]
        while self._context.ok() and not future.done() and not self._is_shutdown:
            left = None if end is None else max(0.0, end - time.monotonic())
            self._spin_once_impl(left, future.done)
            if end is not None and time.monotonic() >= end:
                return

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Run one callback, or none within a time.

        Args:
            timeout_sec: Longest wait [s]; None or negative: for ever.

        Raises:
            ExternalShutdownException: A signal shut the context down.
            Exception: What the callback raised.
        """
        self._spin_once_impl(timeout_sec)

    def spin_once_until_future_complete(
        self, future: Future, timeout_sec: float | TimeoutObject | None = None
    ) -> None:
        """Run one callback, unless the future is done before."""
        future.add_done_callback(lambda _: self.wake())
        self._spin_once_impl(timeout_sec, future.done)

    def _spin_once_impl(
        self,
        timeout_sec: float | TimeoutObject | None = None,
        wait_condition: Callable[[], bool] = lambda: False,
    ) -> None:
        raise NotImplementedError(
            f'{type(self).__name__} must override spin_once; use SingleThreadedExecutor'
        )

    def can_execute(self, entity: Any) -> bool:
        """Whether an entity is idle and its callback group lets it start."""
        return can_execute(entity)

    def wait_for_ready_callbacks(
        self,
        timeout_sec: float | TimeoutObject | None = None,
        nodes: list[Node] | None = None,
        condition: Callable[[], bool] = lambda: False,
    ) -> tuple[Task, Any, Node | None]:
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
        timeout = timeout_sec.timeout if isinstance(timeout_sec, TimeoutObject) else timeout_sec
        timeout_ns = timeout_sec_to_nsec(timeout)
        deadline_ns = None if timeout_ns < 0 else time.monotonic_ns() + timeout_ns
        while True:
            self._check(condition)
            if found := self._next_ready(nodes):
                return found
            self._guard.clear()  # what happens from here on ends the wait
            self._check(condition)
            if self._collect(nodes, deadline_ns):
                continue
            self._check(condition)
            if deadline_ns is not None and time.monotonic_ns() >= deadline_ns:
                raise TimeoutException()

    def _check(self, condition: Callable[[], bool]) -> None:
        if self._is_shutdown:
            raise ShutdownException()
        if not self._context.ok():
            raise ExternalShutdownException()
        if condition():
            raise ConditionReachedException()

    def _next_ready(self, nodes: list[Node] | None) -> tuple[Task, Any, Node | None] | None:
        while self._ready:
            task, entity, node = self._ready.popleft()
            if node is not None and node not in (self._nodes if nodes is None else nodes):
                continue
            if task is not None:
                if task._may_step() and not task.done():
                    task._queued = True
                    return task, entity, node
            elif can_execute(entity):
                return self._make_handler(entity), entity, node
        return None

    def _collect(self, nodes: list[Node] | None, deadline_ns: int | None) -> bool:
        """Wait once; whether anything is ready now."""
        nodes_to_use = self.get_nodes() if nodes is None else nodes
        with self._tasks_lock:
            self._tasks = [entry for entry in self._tasks if not entry[0].done()]
            tasks = list(self._tasks)
        if any(task._is_due() for task, _, _ in tasks):
            deadline_ns = time.monotonic_ns()
        entities = self._waiter.wait(nodes_to_use, deadline_ns)
        self._ready.extend(entry for entry in tasks if entry[0]._may_step())
        self._ready.extend((None, entity, node) for entity, node in entities)
        return bool(self._ready)

    def _make_handler(self, entity: Any) -> Task:
        entity._executor_event = True
        return Task(self._handle, (entity,), executor=self)

    async def _handle(self, entity: Any) -> None:
        if self._is_shutdown or not entity.callback_group.beginning_execution(entity):
            entity._executor_event = False
            self._on_handler_progress()
            return
        with self._work_tracker:
            try:
                try:
                    call = entity._take(self)
                finally:
                    entity._executor_event = False
                self._on_handler_progress()
                if call is not None:
                    await call()
            finally:
                entity.callback_group.ending_execution(entity)
                self._on_handler_progress()

    def _on_handler_progress(self) -> None:
        """Note that the entities to wait for may have changed."""

    def _keep(self, task: Task, entity: Any, node: Node | None) -> None:
        """Go on with a coroutine that awaits something."""
        with self._tasks_lock:
            if all(task is not known for known, _, _ in self._tasks):
                self._tasks.append((task, entity, node))

    def __enter__(self) -> Executor:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown()
