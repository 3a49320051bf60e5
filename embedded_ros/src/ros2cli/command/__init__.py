"""One module for each command of `ros2`; `ros2cli.cli` imports the one that is called."""
