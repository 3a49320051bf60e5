"""Futures, and tasks that executors run."""

from __future__ import annotations

import inspect
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Generator
from typing import Any


class Future:
    """The outcome of a task in the future; awaitable in the callbacks of an executor."""

    def __init__(self, *, executor: Any = None) -> None:
        """Create a future that is not done.

        Args:
            executor: Executor that runs the done callbacks; None: whoever sets the result does.
        """
        self._done = False
        self._cancelled = False
        self._result: Any = None
        self._exception: BaseException | None = None
        self._exception_fetched = False
        self._callbacks: list[Callable[[Future], Any]] = []
        self._lock = threading.Lock()
        self._executor: Callable[[], Any] = _no_executor
        self._set_executor(executor)

    def __del__(self) -> None:
        if self._exception is not None and not self._exception_fetched:
            print(
                f'The following exception was never retrieved: {self._exception}', file=sys.stderr
            )

    def __await__(self) -> Generator[Future, None, Any]:
        while not self._done:
            yield self
        return self.result()

    def cancel(self) -> None:
        """Ask for the task to be cancelled; without effect when it is done."""
        with self._lock:
            if not self._done:
                self._cancelled = True
        self._schedule_or_invoke_done_callbacks()

    def cancelled(self) -> bool:
        """Whether the task was cancelled."""
        return self._cancelled

    def done(self) -> bool:
        """Whether there is a result or an exception."""
        return self._done

    def result(self) -> Any:
        """Result of the task, None while it is not done.

        Raises:
            Exception: The one that the task raised.
        """
        if self._exception:
            self._exception_fetched = True
            raise self._exception
        return self._result

    def exception(self) -> BaseException | None:
        """Exception that the task raised, else None."""
        self._exception_fetched = True
        return self._exception

    def set_result(self, result: Any) -> None:
        """Finish with a result."""
        with self._lock:
            self._result = result
            self._done = True
            self._cancelled = False
        self._schedule_or_invoke_done_callbacks()

    def set_exception(self, exception: BaseException) -> None:
        """Finish with an exception."""
        with self._lock:
            self._exception = exception
            self._exception_fetched = False
            self._done = True
            self._cancelled = False
        self._schedule_or_invoke_done_callbacks()

    def add_done_callback(self, callback: Callable[[Future], Any]) -> None:
        """Have a function called with this future when it is done, or now when it is."""
        with self._lock:
            if not self._done:
                self._callbacks.append(callback)
                return
            executor = self._executor()
        if executor is None:
            callback(self)
        else:
            executor.create_task(callback, self)

    def _schedule_or_invoke_done_callbacks(self) -> None:
        with self._lock:
            executor = self._executor()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            if executor is not None:
                executor.create_task(callback, self)
                continue
            try:
                callback(self)
            except Exception as error:
                warnings.warn(f'Unhandled exception in done callback: {error}', stacklevel=3)

    def _set_executor(self, executor: Any) -> None:
        with self._lock:
            self._executor = _no_executor if executor is None else weakref.ref(executor)


class Task(Future):
    """Runs a function, or a coroutine step by step: call it until it is done."""

    def __init__(
        self,
        handler: Callable[..., Any],
        args: Any = None,
        kwargs: dict[str, Any] | None = None,
        executor: Any = None,
    ) -> None:
        """Prepare a call.

        Args:
            handler: Function or coroutine function.
            args: Its positional arguments.
            kwargs: Its keyword arguments.
            executor: Executor that runs this task.
        """
        super().__init__(executor=executor)
        self._args = () if args is None else tuple(args)
        self._kwargs = {} if kwargs is None else kwargs
        self._handler: Any = handler
        if inspect.iscoroutinefunction(handler):
            self._handler = handler(*self._args, **self._kwargs)
        self._executing = False
        self._task_lock = threading.Lock()
        self._awaited: Future | None = None
        self._started = False
        self._queued = False  # in the hands of an executor

    def __call__(self) -> None:
        """Run the function, or the coroutine to its next await; its exception is kept."""
        if self._done or self._executing or not self._task_lock.acquire(blocking=False):
            return
        try:
            if self._done:
                return
            self._executing = self._started = True
            if inspect.iscoroutine(self._handler):
                self._step()
            else:
                self._call()
        finally:
            self._executing = self._queued = False
            self._task_lock.release()

    def _call(self) -> None:
        try:
            result = self._handler(*self._args, **self._kwargs)
        except Exception as error:
            self._finish(self.set_exception, error)
        else:
            self._finish(self.set_result, result)

    def _step(self) -> None:
        try:
            self._await(self._handler.send(None))
        except StopIteration as stop:
            self._finish(self.set_result, stop.value)
        except Exception as error:
            self._finish(self.set_exception, error)

    def _await(self, awaited: Any) -> None:
        """Note what the coroutine waits for; its completion wakes the executor."""
        if awaited is self._awaited or not isinstance(awaited, Future):
            return
        self._awaited = awaited
        executor = self._executor()
        if executor is not None:
            awaited.add_done_callback(lambda _: executor.wake())

    def _finish(self, finish: Callable[[Any], None], outcome: Any) -> None:
        self._handler = self._args = self._kwargs = self._awaited = None  # type: ignore[assignment]
        finish(outcome)

    def _may_step(self) -> bool:
        """Whether it is idle and does not await a future that is not done."""
        if self._executing or self._queued:
            return False
        return self._awaited is None or self._awaited.done()

    def _is_due(self) -> bool:
        """Whether a step makes progress for sure: it is new, or what it awaits is done."""
        return self._may_step() and (self._awaited is not None or not self._started)

    def executing(self) -> bool:
        """Whether it is running at this moment."""
        return self._executing


def _no_executor() -> None:
    return None
