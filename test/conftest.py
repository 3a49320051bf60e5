"""Every run of the tests has its own ROS domain, so that nothing else on the machine is met."""

import os
import random
import signal

import pytest

# A run in the background may have SIGINT ignored, which every process started here would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ['ROS_DOMAIN_ID'] = str(random.SystemRandom().randint(1, 100))


@pytest.fixture
def graph(tmp_path):
    from graph import Graph
    made = Graph(tmp_path)
    yield made
    made.close()
