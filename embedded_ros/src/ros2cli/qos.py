"""Quality of service: chosen by arguments or by a file, and what several publishers share."""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

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
from ros2cli.node import absolute_name

_POLICIES: dict[str, Any] = {
    'history': HistoryPolicy,
    'reliability': ReliabilityPolicy,
    'durability': DurabilityPolicy,
    'liveliness': LivelinessPolicy,
}
_LEASE = 'liveliness_lease_duration'
_DURATIONS = ('deadline', 'lifespan', _LEASE)
_DEFAULT_DEPTH = 10
OVERRIDES = argument(
    '--qos-profile-overrides-path',
    metavar='FILE',
    help='Path to a yaml file defining overrides of the QoS profile for specific topics',
)


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
    ]  # fmt: skip


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


def common_policies(offers: Sequence[QoSProfile]) -> tuple[ReliabilityPolicy, DurabilityPolicy]:
    """The strictest reliability and durability that all of several publishers offer."""
    is_reliable = all(each.reliability == ReliabilityPolicy.RELIABLE for each in offers)
    is_latched = all(each.durability == DurabilityPolicy.TRANSIENT_LOCAL for each in offers)
    return (
        ReliabilityPolicy.RELIABLE if is_reliable else ReliabilityPolicy.BEST_EFFORT,
        DurabilityPolicy.TRANSIENT_LOCAL if is_latched else DurabilityPolicy.VOLATILE,
    )


def read_overrides(path: str | None) -> dict[str, QoSProfile]:
    """Profiles in a file, by topic; none without a file.

    The file has the format of ROS 2, for example
    `/chatter: {reliability: best_effort, history: keep_last, depth: 5}`.

    Raises:
        RuntimeError: The file is missing, or its content is not of this kind.
    """
    if path is None:
        return {}
    try:
        content = yaml.safe_load(Path(path).read_text(encoding='utf-8')) or {}
        return {absolute_name(topic): _override(topic, each) for topic, each in content.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, ValueError) as error:
        raise RuntimeError(f"cannot read QoS overrides '{path}': {error}") from error


def _override(topic: str, policies: Any) -> QoSProfile:
    profile = QoSProfile(depth=_DEFAULT_DEPTH)
    for name, value in policies.items():
        try:
            setattr(profile, name, _setting(name, value))
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"topic '{topic}': {name} cannot be {value!r} ({error})") from error
    return profile


def _setting(name: str, value: Any) -> Any:
    if name in _POLICIES:
        return _POLICIES[name].get_from_short_key(value)
    if name in _DURATIONS:
        return Duration(seconds=value['sec'], nanoseconds=value['nsec'])
    return value
