"""Trains the reference policy from demonstrations: `ros2 run segue train`."""
