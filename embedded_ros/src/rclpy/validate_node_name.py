"""Check of a node name."""

from rclpy.impl.names import validate_node_name as validate_node_name
