"""Every run of the tests has its own ROS domain, so that nothing else on the machine is met."""

import os
import random
import signal
import socket
from contextlib import ExitStack, closing

import pytest
from hypothesis import settings

# A busy machine is no failure: examples may take any time.
settings.register_profile('any_time', deadline=None)
settings.load_profile('any_time')


def free_domain_id():
    """A domain that nobody on this machine uses now, below the range of ephemeral ports."""
    for domain_id in random.SystemRandom().sample(range(1, 100), 99):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', 7400 + 250 * domain_id + 10))
            except OSError:
                continue
            return domain_id
    raise RuntimeError('all ROS domains of this machine are in use')


# A run in the background may have SIGINT ignored, which every process started here would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
# All conftest.py of one pytest process use the domain that the first of them chose.
os.environ['ROS_DOMAIN_ID'] = os.environ.setdefault(
    f'PYTEST_{os.getpid()}_ROS_DOMAIN_ID', str(free_domain_id()))


@pytest.fixture
def graph(tmp_path):
    from graph import Graph
    made = Graph(tmp_path)
    yield made
    made.close()


@pytest.fixture
def started():
    """Keeps what a test starts, and closes it in the end."""
    with ExitStack() as stack:
        yield lambda each: stack.enter_context(closing(each))
