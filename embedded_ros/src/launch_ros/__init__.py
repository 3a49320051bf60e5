"""ROS nodes in launch descriptions."""

from launch_ros import actions, event_handlers, events, substitutions

__all__ = ['actions', 'event_handlers', 'events', 'substitutions']
