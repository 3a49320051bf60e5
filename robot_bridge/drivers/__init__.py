"""Robots and simulators. A driver module has `Params`, a parameter table, and `create(params)`."""
