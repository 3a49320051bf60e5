"""Quality of service: chosen by arguments, and what several publishers share."""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from typing import Any

from rclpy.duration import Duration
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSPresetProfiles,
    QoSProfile,
    ReliabilityPolicy,
)
from ros2cli.arguments import Argument, argument

_POLICIES: dict[str, Any] = {
    'history': HistoryPolicy,
    'reliability': ReliabilityPolicy,
    'durability': DurabilityPolicy,
    'liveliness': LivelinessPolicy,
}


def qos_arguments(default: str) -> list[Argument]:
    """Arguments that `chosen_profile` reads; the default is the key of a preset."""
    presets = QoSPresetProfiles.short_keys()
    text = 'Overrides this setting of --qos-profile'
    return [
        argument('--qos-profile', choices=presets, default=default,
                 help=f'Quality of service preset profile (default: {default})'),
        argument('--qos-depth', metavar='N', type=int, help=text),
        *(argument(f'--qos-{name}', choices=policy.short_keys(), help=text)
          for name, policy in _POLICIES.items()),
        argument('--qos-liveliness-lease-duration-seconds', dest='qos_lease', metavar='SECONDS',
                 type=float, help=text),
    ]


def is_profile_chosen(args: argparse.Namespace) -> bool:
    """Whether a policy was chosen, not only a preset."""
    return any(getattr(args, f'qos_{name}') is not None for name in (*_POLICIES, 'depth', 'lease'))


def chosen_profile(args: argparse.Namespace) -> QoSProfile:
    """The profile that the command line chooses."""
    profile = copy.copy(QoSPresetProfiles.get_from_short_key(args.qos_profile))
    for name, policy in _POLICIES.items():
        if (key := getattr(args, f'qos_{name}')) is not None:
            setattr(profile, name, policy.get_from_short_key(key))
    if args.qos_lease is not None and args.qos_lease >= 0:
        profile.liveliness_lease_duration = Duration(seconds=args.qos_lease)
    if args.qos_depth is not None and args.qos_depth >= 0:
        profile.depth = args.qos_depth
    elif profile.durability == DurabilityPolicy.TRANSIENT_LOCAL and profile.depth == 0:
        profile.depth = 1
    return profile


def match_all(profile: QoSProfile, offers: Sequence[QoSProfile]) -> list[str]:
    """Make a profile ask for the most that all of several publishers offer.

    Returns:
        Texts about what some of them offer, but not all.
    """
    texts = []
    for name, strong, weak in (
        ('reliability', ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT),
        ('durability', DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE),
    ):
        count = sum(getattr(offer, name) == strong for offer in offers)
        setattr(profile, name, strong if count == len(offers) else weak)
        if 0 < count < len(offers):
            texts.append(
                f'Some, but not all, publishers are offering {strong}. Falling back to {weak} as '
                'it will connect to all publishers'
            )
    return texts
