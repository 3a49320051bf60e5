"""`python -m ros2cli` is `ros2`."""

import sys

from ros2cli.cli import main

sys.exit(main())
