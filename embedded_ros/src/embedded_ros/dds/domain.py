"""DDS domains: created with our configuration by the first participant, deleted by the last."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field

from embedded_ros.dds import native
from embedded_ros.dds.configuration import configuration, unicast_ports
from embedded_ros.dds.sertypes import Sertypes

_lock = threading.Lock()


@dataclass
class _Domain:
    entity: int | None
    participants: int = 0
    sertypes: Sertypes = field(default_factory=Sertypes)


_domains: dict[int, _Domain] = {}


def open_participant(domain_id: int, qos: int) -> tuple[int, Sertypes]:
    """Create a participant, and the domain if this process has none yet.

    Args:
        domain_id: The domain.
        qos: CycloneDDS QoS object of the participant.

    Returns:
        The participant's entity, and the types of the domain.

    Raises:
        DdsError: CycloneDDS cannot start; says why and what to do.
        ConfigurationError: An environment variable has a value that cannot be used.
    """
    with _lock:
        domain = _domains.get(domain_id)
        if domain is None:
            domain = _Domain(_create_domain(domain_id))
            _domains[domain_id] = domain
        participant = native.create_participant(domain_id, qos, None)
        if participant < 0:
            if not domain.participants:
                _delete(domain_id)
            raise _start_error(domain_id, participant)
        domain.participants += 1
        return participant, domain.sertypes


def close_participant(domain_id: int, participant: int) -> None:
    """Delete a participant with all it contains, and the domain with the last one."""
    with _lock:
        domain = _domains[domain_id]
        domain.participants -= 1
        if not domain.participants:
            domain.sertypes.close()
        native.delete(participant)
        if not domain.participants:
            _delete(domain_id)


def _create_domain(domain_id: int) -> int | None:
    xml = configuration(domain_id)
    if xml is None:  # CYCLONEDDS_URI: the participant creates the domain from it
        return None
    entity = native.create_domain(domain_id, xml.encode())
    if entity < 0:
        raise _start_error(domain_id, entity)
    return entity


def _delete(domain_id: int) -> None:
    domain = _domains.pop(domain_id)
    if domain.entity is not None:
        native.delete(domain.entity)


def _start_error(domain_id: int, code: int) -> native.DdsError:
    ports = unicast_ports(domain_id)
    if not any(_is_free(port) for port in ports):
        return native.DdsError(
            f'ROS domain {domain_id} has no free place on this machine: all {len(ports)} are '
            f'taken. End some of its ROS processes, or set ROS_DOMAIN_ID to another domain'
        )
    return native.DdsError(
        f'cannot join ROS domain {domain_id}: {native.strretcode(code).decode()}. Check the '
        f'network interfaces, ROS_STATIC_PEERS and CYCLONEDDS_URI'
    )


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(('', port))
        except OSError:
            return False
    return True
