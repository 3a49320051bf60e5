import logging
import xml.etree.ElementTree as ElementTree

import pytest

from embedded_ros.dds import configuration as module
from embedded_ros.dds.configuration import (
    ConfigurationError,
    checked_domain_id,
    configuration,
    domain_id_from_environment,
    unicast_ports,
)


@pytest.fixture(autouse=True)
def interfaces(monkeypatch):
    monkeypatch.setattr(module, 'multicast_interfaces', lambda: ['eth0', 'wlan0'])


def parse(environment=None, domain_id=0):
    return ElementTree.fromstring(configuration(domain_id, environment or {}))


def interface_names(root):
    return [entry.get('name') or entry.get('address') for entry in root.iter('NetworkInterface')]


def peers(root):
    return [peer.get('Address') for peer in root.iter('Peer')]


@pytest.mark.parametrize(
    'environment',
    [{}, {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}, {'ROS_LOCALHOST_ONLY': '1'},
     {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET', 'ROS_LOCALHOST_ONLY': '1'}],
)  # fmt: skip
def test_by_default_nothing_leaves_this_machine(environment):
    root = parse(environment)
    assert interface_names(root) == ['127.0.0.1']
    assert root.findtext('.//AllowMulticast') == 'false'
    assert peers(root) == ['127.0.0.1']
    assert root.findtext('.//ParticipantIndex') == 'auto'


def test_the_subnet_is_reached_by_multicast_on_every_interface():
    root = parse({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'subnet', 'ROS_STATIC_PEERS': '192.0.2.1'})
    assert interface_names(root) == ['eth0', 'wlan0']
    assert root.find('.//AllowMulticast') is None
    assert peers(root) == ['192.0.2.1']


def test_static_peers_of_localhost_open_the_other_interfaces_without_multicast():
    root = parse({'ROS_STATIC_PEERS': '192.0.2.1; robot.example;'})
    assert interface_names(root) == ['127.0.0.1', 'eth0', 'wlan0']
    assert root.findtext('.//AllowMulticast') == 'false'
    assert peers(root) == ['127.0.0.1', '192.0.2.1', 'robot.example']


def test_off_means_that_not_even_this_machine_is_seen():
    root = parse({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'OFF', 'ROS_STATIC_PEERS': '192.0.2.1'})
    assert interface_names(root) == ['127.0.0.1']
    assert peers(root) == []
    assert root.findtext('.//ParticipantIndex') == 'none'
    assert root.findtext('.//Tag').startswith('ros_discovery_off_')


def test_an_unknown_range_is_refused_with_the_choices():
    with pytest.raises(ConfigurationError, match="'HOME': choose from OFF, LOCALHOST, SUBNET"):
        parse({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'HOME'})


def test_a_configuration_of_the_user_is_left_alone():
    assert configuration(0, {'CYCLONEDDS_URI': 'file:///etc/cyclone.xml'}) is None


def test_the_receive_buffer_is_a_wish_not_a_condition():
    buffer = parse().find('.//SocketReceiveBufferSize')
    assert buffer.attrib == {'max': '4194304B'}


def test_peers_cannot_inject_xml():
    assert peers(parse({'ROS_STATIC_PEERS': 'a"/><b c="'}))[1] == 'a"/><b c="'


@pytest.mark.parametrize(('text', 'expected'), [('', 0), ('0', 0), (' 42 ', 42), ('232', 232)])
def test_the_domain_comes_from_the_environment(text, expected):
    assert domain_id_from_environment({'ROS_DOMAIN_ID': text}) == expected


@pytest.mark.parametrize('text', ['-1', '233', 'one', '1.5'])
def test_a_wrong_domain_is_refused_with_the_range(text):
    with pytest.raises(ConfigurationError, match=rf"ROS_DOMAIN_ID='{text}' .*\[0, 232\]"):
        domain_id_from_environment({'ROS_DOMAIN_ID': text})
    with pytest.raises(ConfigurationError, match=r'\[0, 232\]'):
        checked_domain_id(-1)


@pytest.mark.parametrize('domain_id', [0, 1, 101, 231, 232])
def test_every_participant_index_has_ports_of_its_own_domain(domain_id):
    ports = unicast_ports(domain_id)
    last_of_domain = 7400 + 250 * (domain_id + 1) - 1
    assert ports[-1] + 1 <= min(last_of_domain, 65535)
    index = int(parse(domain_id=domain_id).findtext('.//MaxAutoParticipantIndex'))
    assert index == len(ports) - 1
    assert len(ports) == (63 if domain_id == 232 else 120)


@pytest.mark.parametrize(('allowed', 'warnings'), [('212992', 1), ('4194304', 0), (None, 0)])
def test_small_buffers_are_reported_once_with_the_remedy(
    tmp_path, monkeypatch, caplog, allowed, warnings
):
    limit = tmp_path / 'rmem_max'
    if allowed:
        limit.write_text(f'{allowed}\n')
    monkeypatch.setattr(module, '_RMEM_MAX', limit)
    module._warn_of_small_buffers.cache_clear()
    with caplog.at_level(logging.WARNING):
        configuration(0, {})
        configuration(1, {})
    module._warn_of_small_buffers.cache_clear()
    assert len(caplog.records) == warnings
    assert all('sysctl -w net.core.rmem_max=4194304' in text for text in caplog.messages)


def test_loopback_is_not_among_the_multicast_interfaces(tmp_path, monkeypatch):
    monkeypatch.undo()
    flags = {'lo': '0x49', 'eth0': '0x1003', 'down0': '0x1002', 'tun0': '0x91'}
    for name, value in flags.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / 'flags').write_text(value)
    monkeypatch.setattr(module, '_INTERFACES', tmp_path)
    names = [*flags, 'vanished0']
    monkeypatch.setattr(module.socket, 'if_nameindex', lambda: list(enumerate(names)))
    assert module.multicast_interfaces() == ['eth0']
