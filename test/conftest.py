"""Every run of the tests has its own ROS domain, so that nothing else on the machine is met."""

import os
import random

import pytest

os.environ['ROS_DOMAIN_ID'] = str(random.SystemRandom().randint(1, 100))


@pytest.fixture
def graph(tmp_path):
    from graph import Graph
    made = Graph(tmp_path)
    yield made
    made.close()
