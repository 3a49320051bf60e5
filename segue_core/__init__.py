"""What both nodes share: the values they exchange, the contract between them, their parameters.

`chunk`, `contract` and `parameters` are pure: numpy only, no ROS. `ros_messages` and
`ros_parameters` are the one place where these values meet ROS messages and parameters.
"""
