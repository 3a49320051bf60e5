"""From buffered rows to motor commands. Pure: time is passed in, there is no ROS.

Order of a tick, see `robot_bridge.shaping.shaper`: resample, expand to the robot's columns,
starvation behaviour, moving average, low-pass, limits, gripper.
"""
