"""Drive a robot with action chunks.

`chunk_buffer`, `aggregation`, `delay`, `chunk_stream`, `shaping` and `control_loop` are the pure
core, `driver` is the seam to the robots in `drivers`, `node` is the ROS shell; `recorder` reports
on runs, `tune` recommends settings.
"""
