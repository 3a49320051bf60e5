"""LeRobot's robot_client asks our policy_node: a PolicyServer to the client, a bridge to ROS."""
