"""A simulator, the bridge's control loop and a policy in one process, in lockstep.

What the two nodes do over DDS, without DDS: to write demonstrations and to measure task success.
"""
