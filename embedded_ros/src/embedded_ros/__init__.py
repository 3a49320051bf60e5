"""Machinery that the drop-in ROS 2 modules share; programs import `rclpy` and friends instead."""
