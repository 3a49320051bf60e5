"""ROS client library for Python: the subset that this distribution carries.

A program calls `init`, creates nodes, spins them, and ends with `try_shutdown`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rclpy import utilities
from rclpy.context import Context
from rclpy.parameter import Parameter
from rclpy.signals import (
    SignalHandlerOptions,
    install_signal_handlers,
    uninstall_signal_handlers,
)
from rclpy.task import Future
from rclpy.utilities import get_default_context, get_rmw_implementation_identifier, ok

if TYPE_CHECKING:
    from rclpy.executors import Executor
    from rclpy.node import Node

__all__ = [
    'Context', 'Future', 'Parameter', 'SignalHandlerOptions', 'create_node',
    'get_default_context', 'get_global_executor', 'get_rmw_implementation_identifier', 'init',
    'install_signal_handlers', 'ok', 'shutdown', 'spin', 'spin_once',
    'spin_until_future_complete', 'try_shutdown', 'uninstall_signal_handlers',
]  # fmt: skip

_executor: Executor | None = None


def init(
    *, args: list[str] | None = None, context: Context | None = None, domain_id: int | None = None,
    signal_handler_options: SignalHandlerOptions | None = None,
) -> None:  # fmt: skip
    """Initialize a context; see `Context.init` for errors.

    Args:
        args: Command line, with ROS arguments after `--ros-args`; default `sys.argv`.
        context: Context; default the default one.
        domain_id: Domain; default that of ROS_DOMAIN_ID, or 0.
        signal_handler_options: Signals that shut down; default SIGINT and SIGTERM for the default
            context, none for another.
    """
    context = get_default_context() if context is None else context
    if signal_handler_options is None:
        is_default = context is get_default_context()
        signal_handler_options = SignalHandlerOptions.ALL if is_default else SignalHandlerOptions.NO
    context.init(args, domain_id=domain_id)
    install_signal_handlers(signal_handler_options)


def get_global_executor() -> Executor:
    """The single-threaded executor that the spin functions use."""
    global _executor
    if _executor is None:
        from rclpy.executors import SingleThreadedExecutor

        _executor = SingleThreadedExecutor()
        get_default_context().on_shutdown(_reset_executor)
    return _executor


def _reset_executor() -> None:
    global _executor
    if _executor is not None:
        _executor.shutdown()
        _executor = None


def shutdown(*, context: Context | None = None, uninstall_handlers: bool | None = None) -> None:
    """Shut a context down.

    Args:
        context: Context; default the default one.
        uninstall_handlers: Whether to leave the signals alone again; default for the default
            context.

    Raises:
        RuntimeError: It was never initialized.
        RCLError: It was shut down before, perhaps by a signal.
    """
    is_default = context is None or context is get_default_context()
    utilities.shutdown(context=context)
    if uninstall_handlers or (uninstall_handlers is None and is_default):
        uninstall_signal_handlers()


def try_shutdown(*, context: Context | None = None) -> None:
    """Shut a context down if that was not done yet; default the default context."""
    is_default = context is None or context is get_default_context()
    utilities.try_shutdown(context=context)
    if is_default:
        uninstall_signal_handlers()


def create_node(node_name: str, **options: Any) -> Node:
    """Create a node; the options are those of `Node`."""
    from rclpy.node import Node

    return Node(node_name, **options)


def spin_once(
    node: Node, *, executor: Executor | None = None, timeout_sec: float | None = None
) -> None:
    """Run one callback of a node, or none within a time.

    Args:
        node: Node.
        executor: Executor; default the global one.
        timeout_sec: Longest wait [s]; None or negative: for ever.
    """
    executor = get_global_executor() if executor is None else executor
    try:
        executor.add_node(node)
        executor.spin_once(timeout_sec=timeout_sec)
    finally:
        executor.remove_node(node)


def spin(node: Node, executor: Executor | None = None) -> None:
    """Run a node's callbacks until its context is shut down.

    Args:
        node: Node.
        executor: Executor; default the global one.

    Raises:
        ExternalShutdownException: A signal shut the context down.
        KeyboardInterrupt: That signal was SIGINT, and this is the main thread.
    """
    executor = get_global_executor() if executor is None else executor
    try:
        executor.add_node(node)
        while executor.context.ok():
            executor.spin_once()
    finally:
        executor.remove_node(node)


def spin_until_future_complete(
    node: Node, future: Future, executor: Executor | None = None, timeout_sec: float | None = None
) -> None:
    """Run a node's callbacks until a future is done.

    Args:
        node: Node.
        future: Future.
        executor: Executor; default the global one.
        timeout_sec: Longest time [s]; None or negative: for ever.
    """
    executor = get_global_executor() if executor is None else executor
    node_added = False
    try:
        node_added = executor.add_node(node)
        executor.spin_until_future_complete(future, timeout_sec)
    finally:
        if node_added:
            executor.remove_node(node)
