"""Check of a parameter name."""

from rclpy.impl.names import validate_parameter_name as validate_parameter_name
