"""`ros2 doctor`: what runs, and whether it can work."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

from embedded_ros.dds import configuration
from ros2cli import arguments
from ros2cli.arguments import ignored

_RMEM_MAX = Path('/proc/sys/net/core/rmem_max')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    options = (ignored('-r', '--report'), ignored('-iw', '--include-warnings'))
    arguments.add_arguments(parser, _main, options)


def _main(args: argparse.Namespace) -> int:
    items = _facts()
    width = max(len(name) for name in items)
    for name, text in items.items():
        print(f'{name:<{width}} : {text}')
    problems = {'network': _buffer_problem(), 'middleware': _node_problem()}
    failed = [name for name, problem in problems.items() if problem]
    for name in failed:
        print(f'\n{name}: {problems[name]}', file=sys.stderr)
    if failed:
        print(f'\n{len(failed)}/{len(problems)} check(s) failed\n\nFailed modules:', *failed)
        return 1
    print(f'\nAll {len(problems)} checks passed')
    return 0


def _facts() -> dict[str, str]:
    wanted = configuration.RECEIVE_BUFFER_BYTES
    version = metadata.version('segue-embedded-ros')
    return {
        'system': f'{platform.platform()}, Python {platform.python_version()} ({sys.executable})',
        'running': f'embedded ROS {version} (no ROS 2 installation is sourced)',
        'middleware': f'CycloneDDS {metadata.version("cyclonedds")}',
        'domain id': os.environ.get('ROS_DOMAIN_ID') or '0 (default)',
        **_network(),
        'configuration': os.environ.get('CYCLONEDDS_URI') or 'built-in (CYCLONEDDS_URI not set)',
        'socket buffers': f'{min(_allowed_buffer(), wanted)} of {wanted} bytes wanted',
    }


def _network() -> dict[str, str]:
    """Who is found, and the interfaces that messages go through."""
    try:
        reach = configuration.discovery_range()
    except configuration.ConfigurationError as error:
        return {'discovery range': str(error)}
    peers = configuration.static_peers()
    others = configuration.multicast_interfaces()
    if os.environ.get('CYCLONEDDS_URI') or reach is configuration.DiscoveryRange.SYSTEM_DEFAULT:
        interfaces = "CycloneDDS's choice"
    elif reach is configuration.DiscoveryRange.SUBNET:
        interfaces = ', '.join(others) or 'none that is up and can multicast'
    else:
        interfaces = ', '.join(['127.0.0.1', *(others if peers else [])])
    suffix = f', static peers {", ".join(peers)}' if peers else ''
    return {'discovery range': f'{reach.value}{suffix}', 'interfaces': interfaces}


def _allowed_buffer() -> int:
    """Largest receive buffer that the kernel gives [bytes]; where it does not tell, enough."""
    try:
        return int(_RMEM_MAX.read_text())
    except (OSError, ValueError):
        return configuration.RECEIVE_BUFFER_BYTES


def _buffer_problem() -> str | None:
    allowed, wanted = _allowed_buffer(), configuration.RECEIVE_BUFFER_BYTES
    if allowed >= wanted:
        return None
    return (
        f'UDP receive buffers are limited to {allowed} bytes, large messages such as images '
        f'will get lost; allow {wanted} with: sudo sysctl -w net.core.rmem_max={wanted}'
    )


def _node_problem() -> str | None:
    from ros2cli.node import direct_node

    try:
        with direct_node(argparse.Namespace()):
            return None
    except Exception as error:  # whatever it is, this is the command that tells it
        return f'no node can be made: {error}'
