"""`ros2 doctor`: what runs, and whether it can work."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib import metadata

from embedded_ros.dds import configuration
from ros2cli import arguments
from ros2cli.arguments import ignored


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    options = (ignored('-r', '--report'), ignored('-iw', '--include-warnings'))
    arguments.add_arguments(parser, _main, options)


def _main(args: argparse.Namespace) -> int:
    items = _facts()
    width = max(len(name) for name in items)
    for name, text in items.items():
        print(f'{name:<{width}} : {text}')
    problems = {'network': configuration.buffer_problem(), 'middleware': _node_problem()}
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
    allowed = min(configuration.allowed_buffer_bytes(), wanted)
    version = metadata.version('segue-embedded-ros')
    return {
        'system': f'{platform.platform()}, Python {platform.python_version()} ({sys.executable})',
        'running': f'embedded ROS {version} (no ROS 2 installation is sourced)',
        'middleware': f'CycloneDDS {metadata.version("cyclonedds")}',
        'domain id': os.environ.get('ROS_DOMAIN_ID') or '0 (default)',
        **_network(),
        'configuration': os.environ.get('CYCLONEDDS_URI') or 'built-in (CYCLONEDDS_URI not set)',
        'socket buffers': f'{allowed} of {wanted} bytes wanted',
    }


def _network() -> dict[str, str]:
    """Who is found, and the interfaces that messages go through."""
    try:
        reach = configuration.discovery_range()
    except configuration.ConfigurationError as error:
        return {'discovery range': str(error)}
    peers = configuration.static_peers()
    names = [] if os.environ.get('CYCLONEDDS_URI') else configuration.interfaces(reach, peers)
    interfaces = ', '.join(names) or "CycloneDDS's choice"
    suffix = f', static peers {", ".join(peers)}' if peers else ''
    return {'discovery range': f'{reach.value}{suffix}', 'interfaces': interfaces}


def _node_problem() -> str | None:
    from ros2cli.node import direct_node

    try:
        with direct_node(argparse.Namespace()):
            return None
    except Exception as error:  # whatever it is, this is the command that tells it
        return f'no node can be made: {error}'
