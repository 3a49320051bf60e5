"""The ROS node that a launch itself needs to talk to nodes it runs."""

from __future__ import annotations

import os
import threading
from typing import Any

from launch import LaunchContext
from launch.event_handlers import OnShutdown

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

_ADAPTER = 'ros_adapter'


class ROSAdapter:
    """A node that is spun in a thread of its own."""

    def __init__(self, *, argv: list[str] | None = None, autostart: bool = True) -> None:
        """Make the adapter.

        Args:
            argv: ROS arguments of the node.
            autostart: Start it at once.
        """
        self._argv = argv or []
        self._running = False
        if autostart:
            self.start()

    @property
    def ros_context(self) -> Any:
        """Context of the node."""
        return self._context

    @property
    def ros_node(self) -> Node:
        """The node."""
        return self._node

    @property
    def ros_executor(self) -> SingleThreadedExecutor:
        """Executor that spins it."""
        return self._executor

    def start(self) -> None:
        """Make the node and spin it.

        Raises:
            RuntimeError: It runs already.
        """
        if self._running:
            raise RuntimeError('Cannot start a ROS adapter that is already running')
        self._context = rclpy.Context()
        rclpy.init(args=self._argv, context=self._context)
        self._node = rclpy.create_node(f'launch_ros_{os.getpid()}', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name='launch_ros', daemon=True)
        self._thread.start()
        self._running = True

    def shutdown(self) -> None:
        """Stop spinning and destroy the node.

        Raises:
            RuntimeError: It does not run.
        """
        if not self._running:
            raise RuntimeError('Cannot shutdown a ROS adapter that is not running')
        self._running = False
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def _spin(self) -> None:
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return


def get_ros_adapter(context: LaunchContext) -> ROSAdapter:
    """The adapter of a launch, made when first asked for, shut down with the launch."""
    adapter = context.get_locals_as_dict().get(_ADAPTER)
    if adapter is None:
        adapter = ROSAdapter()
        context.extend_globals({_ADAPTER: adapter})
        context.register_event_handler(OnShutdown(on_shutdown=lambda *_: adapter.shutdown()))
    return adapter


def get_ros_node(context: LaunchContext) -> Node:
    """The node of a launch."""
    return get_ros_adapter(context).ros_node
