"""A ROS domain for a benchmark of its own."""

import socket


def free_domain_id() -> int:
    """A domain that nobody on this machine uses."""
    for domain_id in range(40, 100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('', 7400 + 250 * domain_id + 10))
            except OSError:
                continue
            return domain_id
    raise RuntimeError('all ROS domains from 40 to 99 are in use')
