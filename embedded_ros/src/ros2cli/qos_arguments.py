"""Arguments that choose the quality of service of `ros2 topic echo` and `ros2 topic pub`."""

from __future__ import annotations

import argparse
import copy

from rclpy.duration import Duration
from rclpy.qos import (
    QoSDurabilityPolicy,
    QoSHistoryPolicy,
    QoSLivelinessPolicy,
    QoSPresetProfiles,
    QoSProfile,
    QoSReliabilityPolicy,
)

_POLICIES = {
    'history': QoSHistoryPolicy,
    'reliability': QoSReliabilityPolicy,
    'durability': QoSDurabilityPolicy,
    'liveliness': QoSLivelinessPolicy,
}


def add_qos_arguments(parser: argparse.ArgumentParser, use: str, default: str) -> None:
    """Add the arguments.

    Args:
        parser: Parser of the verb.
        use: What the profile is used for: 'subscribe' or 'publish'.
        default: Short key of the preset used by default.
    """
    parser.add_argument(
        '--qos-profile',
        choices=QoSPresetProfiles.short_keys(),
        default=default,
        help=f'Quality of service preset profile to {use} with (default: {default})',
    )
    parser.add_argument(
        '--qos-depth',
        metavar='N',
        type=int,
        help=f'Queue size setting to {use} with (overrides depth value of --qos-profile option)',
    )
    for name, policy in _POLICIES.items():
        parser.add_argument(
            f'--qos-{name}',
            choices=policy.short_keys(),
            help=f'Quality of service {name} setting to {use} with (overrides {name} value of '
            '--qos-profile option)',
        )
    parser.add_argument(
        '--qos-liveliness-lease-duration-seconds',
        metavar='SECONDS',
        type=float,
        help=f'Quality of service liveliness lease duration setting to {use} with [s]',
    )


def is_qos_given(args: argparse.Namespace) -> bool:
    """Whether a policy was chosen, not only a preset."""
    names = (*_POLICIES, 'depth', 'liveliness_lease_duration_seconds')
    return any(getattr(args, f'qos_{name}') is not None for name in names)


def qos_profile(args: argparse.Namespace) -> QoSProfile:
    """The chosen profile."""
    profile = copy.copy(QoSPresetProfiles.get_from_short_key(args.qos_profile))
    for name, policy in _POLICIES.items():
        key = getattr(args, f'qos_{name}')
        if key is not None:
            setattr(profile, name, policy.get_from_short_key(key))
    lease = args.qos_liveliness_lease_duration_seconds
    if lease is not None and lease >= 0:
        profile.liveliness_lease_duration = Duration(seconds=lease)
    if args.qos_depth is not None and args.qos_depth >= 0:
        profile.depth = args.qos_depth
    elif profile.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL and profile.depth == 0:
        profile.depth = 1
    return profile
