"""Watch a run in a simulator and report on it: `report` is pure, `node` is the ROS shell."""
