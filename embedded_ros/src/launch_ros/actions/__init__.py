"""Actions that run ROS nodes, or prepare for it."""

from launch_ros.actions.lifecycle_node import LifecycleNode
from launch_ros.actions.node import Node
from launch_ros.actions.scope import (
    PushROSNamespace,
    PushRosNamespace,
    SetParameter,
    SetParametersFromFile,
    SetRemap,
    SetUseSimTime,
)

from embedded_ros.missing import refusal

__all__ = [
    'LifecycleNode', 'Node', 'PushROSNamespace', 'PushRosNamespace', 'SetParameter',
    'SetParametersFromFile', 'SetRemap', 'SetUseSimTime',
]  # fmt: skip

__getattr__ = refusal(
    __name__,
    (
        'ComposableNodeContainer', 'LifecycleTransition', 'LoadComposableNodes', 'ROSTimer',
        'RosTimer', 'SetROSLogDir',
    ),
    'there are no components; use events.lifecycle.ChangeState, TimerAction and ROS_LOG_DIR',
)  # fmt: skip
