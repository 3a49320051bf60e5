"""Check of a topic name."""

from rclpy.impl.names import validate_topic_name as validate_topic_name

TOPIC_SEPARATOR_STRING = '/'
