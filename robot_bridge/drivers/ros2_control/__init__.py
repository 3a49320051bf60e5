"""Any arm under ros2_control: commands to one of its controllers, states from its broadcaster."""
