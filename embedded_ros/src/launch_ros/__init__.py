"""ROS nodes in launch descriptions."""

from launch_ros import actions, descriptions, event_handlers, events, substitutions

__all__ = ['actions', 'descriptions', 'event_handlers', 'events', 'substitutions']
