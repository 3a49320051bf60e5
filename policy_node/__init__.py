"""Turn observations into action chunks.

`observation` and `policy` are pure, `policies` holds the models, `decode` reads messages, `node` is
the ROS shell.
"""
