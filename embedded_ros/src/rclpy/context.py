"""The state that the nodes of a process share, from init to shutdown."""

from __future__ import annotations

import inspect
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

from embedded_ros.dds import Participant, domain_id_from_environment
from embedded_ros.graph import Graph
from rclpy._rclpy_pybind11 import RCLError
from rclpy.exceptions import NotInitializedException
from rclpy.impl import log_output
from rclpy.impl.arguments import RosArguments, parse_arguments

# Contexts that a signal shuts down.
_valid_contexts: weakref.WeakSet[Context] = weakref.WeakSet()
_default: Context | None = None
_default_lock = threading.Lock()


class CallbackList:
    """Callbacks to call once, from any thread; methods are held weakly."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._references: list[Callable[[], Callable[[], Any] | None]] = []

    def add(self, callback: Callable[[], Any]) -> None:
        """Add a callback; a bound method is dropped when its object dies."""
        is_method = inspect.ismethod(callback)
        reference = weakref.WeakMethod(callback, self._discard) if is_method else lambda: callback
        with self._lock:
            self._references.append(reference)

    def _discard(self, reference: Callable[[], Any]) -> None:
        self._references = [known for known in self._references if known is not reference]

    def call(self) -> None:
        """Call all and forget them."""
        with self._lock:
            references, self._references = self._references, []
        for reference in references:
            if (callback := reference()) is not None:
                callback()


class Context:
    """One participant in a domain, the command line's arguments, and the shutdown callbacks.

    A context manager: `with Context() as context:` initializes it and shuts it down.
    """

    def __init__(self) -> None:
        """Create a context that is not initialized."""
        self._lock = threading.RLock()
        self._callbacks = CallbackList()
        self._wakers = CallbackList()
        self._initialized = False
        self._valid = False
        self._participant: Participant | None = None
        self._graph: Graph | None = None
        self._arguments = RosArguments()

    @property
    def handle(self) -> Participant | None:
        """The DDS participant, None before init."""
        return self._participant

    def init(
        self, args: list[str] | None = None, *, initialize_logging: bool = True,
        domain_id: int | None = None,
    ) -> None:  # fmt: skip
        """Join a domain.

        Args:
            args: Command line, with ROS arguments after `--ros-args`; default `sys.argv`.
            initialize_logging: Whether the arguments set the levels of loggers.
            domain_id: Domain; default that of ROS_DOMAIN_ID, or 0.

        Raises:
            RuntimeError: It was initialized before, or the domain id is negative.
            RCLError: An argument has an error.
            ConfigurationError: An environment variable has an error.
            DdsError: The domain cannot be joined.
        """
        with self._lock:
            if domain_id is not None and domain_id < 0:
                raise RuntimeError(f'Domain id ({domain_id}) should not be lower than zero.')
            if self._initialized:
                raise RuntimeError('Context.init() must only be called once')
            self._arguments = parse_arguments(sys.argv if args is None else args)
            self._participant = Participant(
                domain_id_from_environment() if domain_id is None else domain_id
            )
            self._graph = Graph(self._participant)
            if initialize_logging:
                has_console = self._arguments.outputs.get('stdout', True)
                log_output.configure(self._arguments.log_levels, has_console)
            self._initialized = self._valid = True
            _valid_contexts.add(self)

    def ok(self) -> bool:
        """Whether it is initialized and not shut down."""
        return self._valid

    def shutdown(self) -> None:
        """Leave the domain and call the shutdown callbacks.

        Raises:
            RuntimeError: It was never initialized.
            RCLError: It was shut down before, perhaps by a signal.
        """
        if not self._initialized:
            raise RuntimeError('Context must be initialized before it can be shutdown')
        if not self._shutdown():
            raise RCLError(
                'failed to shutdown: rcl_shutdown already called on the given context; '
                'rclpy.try_shutdown() ignores that'
            )

    def try_shutdown(self) -> None:
        """Shut down if that was not done yet."""
        if self._initialized:
            self._shutdown()

    def destroy(self) -> None:
        """Shut down if that was not done yet."""
        self.try_shutdown()

    def on_shutdown(self, callback: Callable[[], None]) -> None:
        """Have a function called at shutdown; at once if that is past.

        Raises:
            TypeError: It is not callable.
        """
        if not callable(callback):
            raise TypeError(f'callback should be a callable, got {type(callback)}')
        if self._initialized and not self._valid:
            callback()
        else:
            self._callbacks.add(callback)

    def get_domain_id(self) -> int:
        """Domain that was joined.

        Raises:
            RuntimeError: It was never initialized.
        """
        if self._participant is None:
            raise RuntimeError('Context must be initialized before it can have a domain id')
        return self._participant.domain_id

    def __enter__(self) -> Context:
        self.init()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.try_shutdown()

    # -- for the rest of rclpy -------------------------------------------------------------------

    def _joined(self, purpose: str) -> tuple[Participant, Graph]:
        """The participant and the graph.

        Raises:
            NotInitializedException: The context is not up.
        """
        if not self._valid or self._participant is None or self._graph is None:
            raise NotInitializedException(purpose)
        return self._participant, self._graph

    def _on_invalid(self, waker: Callable[[], Any]) -> None:
        """Have whatever waits woken when the context ends, by a signal too."""
        self._wakers.add(waker)
        if self._initialized and not self._valid:
            waker()

    def _invalidate(self) -> bool:
        """End the context but stay in the domain; False if it had ended before."""
        with self._lock:
            was_valid, self._valid = self._valid, False
        _valid_contexts.discard(self)
        self._wakers.call()
        return was_valid

    def _shutdown(self) -> bool:
        was_valid = self._invalidate()
        self._callbacks.call()
        if self._graph is not None and self._participant is not None:
            self._graph.close()
            self._participant.close()
        return was_valid


def mark_all_invalid() -> None:
    """Note that all contexts end; takes no locks, as a signal handler must not."""
    for context in list(_valid_contexts):
        context._valid = False


def invalidate_all() -> None:
    """End all contexts and wake what waits."""
    for context in list(_valid_contexts):
        context._invalidate()


def get_default_context(*, shutting_down: bool = False) -> Context:
    """The context of functions that are given none.

    Args:
        shutting_down: Whether the next call shall get a new one.
    """
    global _default
    with _default_lock:
        context = Context() if _default is None else _default
        _default = None if shutting_down else context
        return context
