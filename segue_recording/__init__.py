"""What was done, kept: the session log, and datasets made of bags."""
