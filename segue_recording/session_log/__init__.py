"""The session log: `follow` and `folder` are pure, `worker` is a thread, `node` the ROS shell."""
