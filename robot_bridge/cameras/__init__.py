"""Cameras of a robot as ROS topics."""
