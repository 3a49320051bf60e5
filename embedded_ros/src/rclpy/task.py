"""Futures, and tasks that executors run."""

from __future__ import annotations

import inspect
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Generator
from typing import Any


async def await_or_execute(callback: Callable[..., Any], *args: Any) -> Any:
    """Call a function, or await a coroutine function."""
    if inspect.iscoroutinefunction(callback):
        return await callback(*args)
    return callback(*args)


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
            self._cancelled = not self._done
        self._run_done_callbacks()

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
        if exception := self.exception():
            raise exception
        return self._result

    def exception(self) -> BaseException | None:
        """Exception that the task raised, else None."""
        self._exception_fetched = True
        return self._exception

    def set_result(self, result: Any) -> None:
        """Finish with a result."""
        self._finish(result, None)

    def set_exception(self, exception: BaseException) -> None:
        """Finish with an exception."""
        self._finish(None, exception)

    def _finish(self, result: Any, exception: BaseException | None) -> None:
        with self._lock:
            self._result, self._exception = result, exception
            self._exception_fetched = self._cancelled = False
            self._done = True
        self._run_done_callbacks()

    def add_done_callback(self, callback: Callable[[Future], Any]) -> None:
        """Have a function called with this future when it is done, or now when it is."""
        with self._lock:
            if not self._done:
                self._callbacks.append(callback)
                return
        if (executor := self._executor()) is None:
            callback(self)
        else:
            executor.create_task(callback, self)

    def _run_done_callbacks(self) -> None:
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
        executor = self._executor()
        for callback in callbacks:
            if executor is not None:
                executor.create_task(callback, self)
                continue
            try:
                callback(self)
            except Exception as error:
                warnings.warn(f'Unhandled exception in done callback: {error}', stacklevel=4)

    def _set_executor(self, executor: Any) -> None:
        self._executor: Callable[[], Any] = (
            _no_executor if executor is None else weakref.ref(executor)
        )


class Task(Future):
    """Runs a function, or a coroutine step by step: call it until it is done."""

    _coroutine: Any = None

    def __init__(
        self, handler: Callable[..., Any], args: Any = (), kwargs: dict[str, Any] | None = None,
        executor: Any = None,
    ) -> None:  # fmt: skip
        """Prepare a call.

        Args:
            handler: Function or coroutine function.
            args: Its positional arguments.
            kwargs: Its keyword arguments.
            executor: Executor that runs this task.
        """
        super().__init__(executor=executor)
        # Calling a coroutine function runs nothing yet; a plain function is wrapped to be one.
        self._coroutine = (
            handler(*args, **kwargs or {})
            if inspect.iscoroutinefunction(handler)
            else _call(handler, args, kwargs or {})
        )
        self._step_lock = threading.Lock()
        self._awaited: Future | None = None
        self._started = False
        self._queued = False  # in the hands of an executor

    def __call__(self) -> None:
        """Run the function, or the coroutine to its next await; its exception is kept."""
        if not self._step_lock.acquire(blocking=False):
            return
        try:
            if self._done:
                return
            self._started = True
            self._await(self._coroutine.send(None))
        except StopIteration as stop:
            self._end(stop.value, None)
        except Exception as error:
            self._end(None, error)
        finally:
            self._queued = False
            self._step_lock.release()

    def __del__(self) -> None:
        if self._coroutine is not None and not self._started:
            self._coroutine.close()
        super().__del__()

    def _await(self, awaited: Any) -> None:
        """Note what the coroutine waits for; its completion wakes the executor."""
        if awaited is self._awaited or not isinstance(awaited, Future):
            return
        self._awaited = awaited
        executor = self._executor()
        if executor is not None:
            awaited.add_done_callback(lambda _: executor.wake())

    def _end(self, result: Any, exception: BaseException | None) -> None:
        self._coroutine = self._awaited = None
        self._finish(result, exception)

    def _may_step(self) -> bool:
        """Whether it is idle and does not await a future that is not done."""
        if self.executing() or self._queued:
            return False
        return self._awaited is None or self._awaited.done()

    def _is_due(self) -> bool:
        """Whether a step makes progress for sure: it is new, or what it awaits is done."""
        return self._may_step() and (self._awaited is not None or not self._started)

    def executing(self) -> bool:
        """Whether it is running at this moment."""
        return self._step_lock.locked()


async def _call(handler: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    return handler(*args, **kwargs)


def _no_executor() -> None:
    return None
