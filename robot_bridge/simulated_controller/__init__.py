"""A kinematic stand-in for an arm under ros2_control."""
