"""The ROS node that a launch itself needs to talk to nodes it runs."""

from __future__ import annotations

import contextlib
import os
import threading

from launch import LaunchContext
from launch.event_handlers import OnShutdown
from launch.events import Shutdown

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node


def get_ros_node(context: LaunchContext) -> Node:
    """The node of a launch, made and spun in a thread when first asked for; it ends with it."""
    node = context.get_locals_as_dict().get('ros_node')
    if node is None:
        node = _start_node(context)
        context.extend_globals({'ros_node': node})
    return node


def _start_node(context: LaunchContext) -> Node:
    ros_context = rclpy.Context()
    rclpy.init(args=[], context=ros_context)
    node = rclpy.create_node(f'launch_ros_{os.getpid()}', context=ros_context)
    executor = SingleThreadedExecutor(context=ros_context)
    executor.add_node(node)

    def spin() -> None:
        with contextlib.suppress(ExternalShutdownException):
            executor.spin()

    def stop(event: Shutdown, context: LaunchContext) -> None:
        executor.shutdown()
        thread.join()
        node.destroy_node()
        rclpy.shutdown(context=ros_context)

    thread = threading.Thread(target=spin, name='launch_ros', daemon=True)
    thread.start()
    context.register_event_handler(OnShutdown(on_shutdown=stop))
    return node
