"""Actions: not part of this distribution."""

from embedded_ros.missing import refusal

__getattr__ = refusal(
    __name__,
    ('ActionClient', 'ActionServer', 'CancelResponse', 'GoalResponse'),
    'actions need a real ROS 2',
)
