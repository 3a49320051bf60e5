"""The door of policy_node for programs without ROS: WebSocket with JSON or msgpack.

`server` accepts connections, `conversation` speaks with one client, `messages` and `openpi` are the
two protocols, `client` is our own side of it. Nothing here needs ROS.
"""
