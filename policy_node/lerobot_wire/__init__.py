"""LeRobot's asynchronous protocol as both ends speak it here: messages, pickles out, pickles in."""
