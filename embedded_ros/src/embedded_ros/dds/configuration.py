"""CycloneDDS's configuration, made from the environment variables that ROS 2 defines."""

from __future__ import annotations

import enum
import functools
import logging
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

MAX_DOMAIN_ID = 232
RECEIVE_BUFFER_BYTES = 4 * 2**20

# Every process of a domain takes one participant index, that is two UDP ports. A domain has 250
# ports (RTPS 9.6.1.1), room for indices 0 to 119.
_LAST_INDEX = 119
_BASE_PORT, _DOMAIN_GAIN, _UNICAST_OFFSET, _LAST_PORT = 7400, 250, 10, 65535

_RMEM_MAX = Path('/proc/sys/net/core/rmem_max')
_INTERFACES = Path('/sys/class/net')
_LOOPBACK = '127.0.0.1'
_IFF_UP, _IFF_LOOPBACK, _IFF_MULTICAST = 0x1, 0x8, 0x1000


class ConfigurationError(ValueError):
    """An environment variable has a value that cannot be used."""


class DiscoveryRange(enum.Enum):
    """How far participants look for each other (ROS_AUTOMATIC_DISCOVERY_RANGE)."""

    OFF = 'OFF'
    LOCALHOST = 'LOCALHOST'
    SUBNET = 'SUBNET'
    SYSTEM_DEFAULT = 'SYSTEM_DEFAULT'


def domain_id_from_environment(environment: Mapping[str, str] = os.environ) -> int:
    """ROS_DOMAIN_ID, 0 when it is not set.

    Raises:
        ConfigurationError: It is not a whole number in [0, 232].
    """
    text = environment.get('ROS_DOMAIN_ID', '').strip()
    try:
        return checked_domain_id(int(text or 0))
    except ValueError as error:
        raise ConfigurationError(
            f'ROS_DOMAIN_ID={text!r} must be a whole number in [0, {MAX_DOMAIN_ID}]; '
            f'processes see each other when they have the same one'
        ) from error


def checked_domain_id(domain_id: int) -> int:
    """The domain id.

    Raises:
        ConfigurationError: It is outside [0, 232].
    """
    if not 0 <= domain_id <= MAX_DOMAIN_ID:
        raise ConfigurationError(f'domain id {domain_id} must be in [0, {MAX_DOMAIN_ID}]')
    return domain_id


def discovery_range(environment: Mapping[str, str] = os.environ) -> DiscoveryRange:
    """ROS_AUTOMATIC_DISCOVERY_RANGE, LOCALHOST when it is not set.

    The older ROS_LOCALHOST_ONLY=1 means LOCALHOST, too, and wins as it does in ROS.

    Raises:
        ConfigurationError: It names no range.
    """
    if environment.get('ROS_LOCALHOST_ONLY', '') == '1':
        return DiscoveryRange.LOCALHOST
    text = environment.get('ROS_AUTOMATIC_DISCOVERY_RANGE', '').strip().upper()
    try:
        return DiscoveryRange(text or 'LOCALHOST')
    except ValueError as error:
        choices = ', '.join(DiscoveryRange.__members__)
        raise ConfigurationError(
            f'ROS_AUTOMATIC_DISCOVERY_RANGE={text!r}: choose from {choices}'
        ) from error


def configuration(domain_id: int, environment: Mapping[str, str] = os.environ) -> str | None:
    """XML configuration of a domain.

    Args:
        domain_id: The domain; the ports it has room for depend on it.
        environment: Environment variables.

    Returns:
        The XML; None when CYCLONEDDS_URI is set, which CycloneDDS then reads itself.

    Raises:
        ConfigurationError: A variable has a value that cannot be used.
    """
    if environment.get('CYCLONEDDS_URI', '').strip():
        return None
    reach, peers = discovery_range(environment), static_peers(environment)
    _warn_of_small_buffers()
    general = (
        '<General>'
        f'{_interfaces(interfaces(reach, peers))}'
        f'{_multicast(reach)}'
        # One fragment per UDP datagram: a 640x480 image needs 15 instead of 700.
        '<MaxMessageSize>65500B</MaxMessageSize><FragmentSize>65000B</FragmentSize>'
        '</General>'
    )
    # max, not min: a minimum above net.core.rmem_max would make the start fail.
    internal = f'<Internal><SocketReceiveBufferSize max="{RECEIVE_BUFFER_BYTES}B"/></Internal>'
    discovery = _discovery(reach, domain_id, peers)
    return f'<CycloneDDS><Domain Id="any">{general}{discovery}{internal}</Domain></CycloneDDS>'


def static_peers(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Hosts of ROS_STATIC_PEERS, which is separated by semicolons."""
    return [
        peer.strip() for peer in environment.get('ROS_STATIC_PEERS', '').split(';') if peer.strip()
    ]


def unicast_ports(domain_id: int) -> range:
    """UDP ports of the participants of a domain, the first of the two that each index has."""
    first = _BASE_PORT + _DOMAIN_GAIN * domain_id + _UNICAST_OFFSET
    return range(first, min(first + 2 * _LAST_INDEX, _LAST_PORT - 1) + 1, 2)


def interfaces(reach: DiscoveryRange, peers: list[str]) -> list[str]:
    """Loopback only; with peers or the subnet also what leads to other machines."""
    if reach is DiscoveryRange.SYSTEM_DEFAULT:
        return []  # CycloneDDS chooses
    own = [] if reach is DiscoveryRange.SUBNET else [_LOOPBACK]
    is_open = reach is DiscoveryRange.SUBNET or (reach is DiscoveryRange.LOCALHOST and peers)
    return own + (multicast_interfaces() if is_open else [])


def _interfaces(names: list[str]) -> str:
    entries = ''.join(
        f'<NetworkInterface address="{_LOOPBACK}" multicast="false"/>'
        if name == _LOOPBACK
        else f'<NetworkInterface name={quoteattr(name)} presence_required="false"/>'
        for name in names
    )
    return f'<Interfaces>{entries}</Interfaces>' if entries else ''


def _multicast(reach: DiscoveryRange) -> str:
    if reach in (DiscoveryRange.LOCALHOST, DiscoveryRange.OFF):
        return '<AllowMulticast>false</AllowMulticast>'
    return ''


def _discovery(reach: DiscoveryRange, domain_id: int, peers: list[str]) -> str:
    if reach is DiscoveryRange.OFF:
        # As rmw_cyclonedds: a tag that no other process has.
        tag = f'ros_discovery_off_{os.getpid()}'
        return f'<Discovery><ParticipantIndex>none</ParticipantIndex><Tag>{tag}</Tag></Discovery>'
    if reach is DiscoveryRange.SYSTEM_DEFAULT:
        return ''
    if reach is DiscoveryRange.LOCALHOST:
        peers = [_LOOPBACK, *peers]
    entries = ''.join(f'<Peer Address={quoteattr(peer)}/>' for peer in peers)
    return (
        # A process that was killed is noticed within this time instead of ten seconds.
        '<Discovery><LeaseDuration>4s</LeaseDuration><ParticipantIndex>auto</ParticipantIndex>'
        f'<MaxAutoParticipantIndex>{len(unicast_ports(domain_id)) - 1}</MaxAutoParticipantIndex>'
        f'{f"<Peers>{entries}</Peers>" if entries else ""}</Discovery>'
    )


def multicast_interfaces() -> list[str]:
    """Names of the network interfaces that are up, can multicast, and lead to other machines."""
    found = []
    for _, name in socket.if_nameindex():
        try:
            flags = int((_INTERFACES / name / 'flags').read_text(), 16)
        except OSError:
            continue
        wanted = _IFF_UP | _IFF_MULTICAST
        if flags & wanted == wanted and not flags & _IFF_LOOPBACK:
            found.append(name)
    return found


def allowed_buffer_bytes() -> int:
    """Largest receive buffer that the kernel gives; where it does not tell, what is wanted."""
    try:
        return int(_RMEM_MAX.read_text())
    except (OSError, ValueError):
        return RECEIVE_BUFFER_BYTES


def buffer_problem() -> str | None:
    """What is wrong when the kernel refuses the receive buffer that images need."""
    allowed, wanted = allowed_buffer_bytes(), RECEIVE_BUFFER_BYTES
    if allowed >= wanted:
        return None
    return (
        f'UDP receive buffers are limited to {allowed} bytes, large messages such as images '
        f'will get lost; allow {wanted} with: sudo sysctl -w net.core.rmem_max={wanted}'
    )


@functools.cache
def _warn_of_small_buffers() -> None:
    """Warn once per process."""
    if (problem := buffer_problem()) is not None:
        logging.getLogger(__name__).warning(problem)
