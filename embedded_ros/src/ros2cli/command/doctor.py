"""`ros2 doctor`: what runs, and whether it can work."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from embedded_ros.dds import configuration

_RMEM_MAX = Path('/proc/sys/net/core/rmem_max')
_DISTRIBUTION = 'segue-embedded-ros'
_VARIABLES = (
    'AMENT_PREFIX_PATH',
    'CYCLONEDDS_URI',
    'RMW_IMPLEMENTATION',
    'ROS_AUTOMATIC_DISCOVERY_RANGE',
    'ROS_DOMAIN_ID',
    'ROS_LOCALHOST_ONLY',
    'ROS_STATIC_PEERS',
)


class CheckFailed(Exception):
    """Something will not work; the message tells what, and the remedy."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument('-r', '--report', action='store_true', help='Print all report categories.')
    parser.add_argument(
        '-iw', '--include-warnings', action='store_true', help='Accepted for compatibility.'
    )
    parser.set_defaults(main=_main)


def _main(args: argparse.Namespace) -> int:
    for title, items in (
        ('PLATFORM INFORMATION', _platform()),
        ('ROS 2 INFORMATION', _ros()),
        ('ENVIRONMENT', _environment() if args.report else {}),
    ):
        if items:
            print(f'\n   {title}')
            width = max(len(name) for name in items)
            for name, value in items.items():
                print(f'{name:<{width}} : {value}')
    failed = _run_checks()
    print()
    if failed:
        print(f'{len(failed)}/{len(CHECKS)} check(s) failed\n\nFailed modules: {" ".join(failed)}')
        return 1
    print(f'All {len(CHECKS)} checks passed')
    return 0


def _platform() -> dict[str, str]:
    return {
        'system': f'{platform.system()} {platform.release()} {platform.machine()}',
        'python': f'{platform.python_version()} ({sys.executable})',
    }


def _ros() -> dict[str, str]:
    return {
        'running': f'embedded ROS {_version(_DISTRIBUTION)} (no ROS 2 installation is sourced)',
        'middleware': f'CycloneDDS {_version("cyclonedds")}',
        'domain id': os.environ.get('ROS_DOMAIN_ID') or '0 (default)',
        'discovery range': _discovery_range(),
        'interfaces': _interfaces(),
        'configuration': os.environ.get('CYCLONEDDS_URI') or 'built-in (CYCLONEDDS_URI not set)',
        'socket buffers': _socket_buffers(),
    }


def _discovery_range() -> str:
    try:
        text = configuration.discovery_range().value
    except configuration.ConfigurationError as error:
        return str(error)
    peers = configuration.static_peers()
    return f'{text}, static peers {", ".join(peers)}' if peers else text


def _socket_buffers() -> str:
    allowed = _allowed_receive_buffer()
    wanted = configuration.RECEIVE_BUFFER_BYTES
    if allowed is None:
        return f'{wanted} bytes wanted, limit of the system not known'
    return f'{min(allowed, wanted)} of {wanted} bytes wanted'


def _allowed_receive_buffer() -> int | None:
    """Largest receive buffer that the kernel gives [bytes], None if it does not tell."""
    try:
        return int(_RMEM_MAX.read_text())
    except (OSError, ValueError):
        return None


def _interfaces() -> str:
    """Network interfaces that messages go through, as far as embedded ROS chooses them."""
    try:
        reach = configuration.discovery_range()
    except configuration.ConfigurationError as error:
        return str(error)
    if os.environ.get('CYCLONEDDS_URI') or reach is configuration.DiscoveryRange.SYSTEM_DEFAULT:
        return "CycloneDDS's choice"
    others = configuration.multicast_interfaces()
    if reach is configuration.DiscoveryRange.SUBNET:
        return ', '.join(others) or 'none that is up and can multicast'
    return ', '.join(['127.0.0.1', *(others if configuration.static_peers() else [])])


def _environment() -> dict[str, str]:
    return {name: os.environ.get(name, '(not set)') for name in _VARIABLES}


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return '(not installed)'


def _check_buffers() -> None:
    allowed, wanted = _allowed_receive_buffer(), configuration.RECEIVE_BUFFER_BYTES
    if allowed is not None and allowed < wanted:
        raise CheckFailed(
            f'UDP receive buffers are limited to {allowed} bytes, large messages such as images '
            f'will get lost; allow {wanted} with: sudo sysctl -w net.core.rmem_max={wanted}'
        )


def _check_middleware() -> None:
    from ros2cli.node import direct_node

    try:
        with direct_node(argparse.Namespace()):
            return
    except Exception as error:
        raise CheckFailed(f'no node can be made: {error}') from error


CHECKS: dict[str, Callable[[], None]] = {
    'network': _check_buffers,
    'middleware': _check_middleware,
}


def _run_checks() -> list[str]:
    """Names of the checks that failed; why is printed."""
    failed = []
    for name, check in CHECKS.items():
        try:
            check()
        except CheckFailed as error:
            failed.append(name)
            print(f'\n{name}: {error}', file=sys.stderr)
    return failed
