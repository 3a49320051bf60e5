"""Managed nodes: nodes whose life is steered from outside."""

from rclpy._rclpy_pybind11 import TransitionCallbackReturnType as TransitionCallbackReturn
from rclpy.lifecycle.managed_entity import ManagedEntity, SimpleManagedEntity
from rclpy.lifecycle.node import LifecycleNode, LifecycleNodeMixin, LifecycleState
from rclpy.lifecycle.publisher import LifecyclePublisher

Node = LifecycleNode
NodeMixin = LifecycleNodeMixin
State = LifecycleState
Publisher = LifecyclePublisher

__all__ = [
    'LifecycleNode', 'LifecycleNodeMixin', 'LifecyclePublisher', 'LifecycleState', 'ManagedEntity',
    'Node', 'NodeMixin', 'Publisher', 'SimpleManagedEntity', 'State', 'TransitionCallbackReturn',
]  # fmt: skip
