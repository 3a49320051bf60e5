"""The `ros2` command of embedded ROS."""
