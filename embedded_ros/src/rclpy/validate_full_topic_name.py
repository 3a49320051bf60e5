"""Check of a full topic name."""

from rclpy.impl.names import validate_full_topic_name as validate_full_topic_name
