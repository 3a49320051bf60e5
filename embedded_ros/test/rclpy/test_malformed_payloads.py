"""Bytes that are no message; only the embedded implementation lets a test forge them."""

import pytest
from std_msgs.msg import String
from std_srvs.srv import SetBool

import rclpy.subscription

service_wire = pytest.importorskip('rclpy.impl.service_wire')


@pytest.fixture
def forge(monkeypatch):
    """Function that makes a module take the next payload for garbage."""
    from embedded_ros.interfaces import InvalidPayload, deserialize

    def run(module):
        garbage = [True]

        def read(*arguments):
            if garbage:
                garbage.clear()
                raise InvalidPayload('forged')
            return deserialize(*arguments)

        monkeypatch.setattr(module, 'deserialize', read)

    return run


def test_a_malformed_message_is_dropped_with_a_warning(node, spin_until, forge, capfd):
    received = []
    node.create_subscription(String, 'topic', lambda m: received.append(m.data), 10)
    publisher = node.create_publisher(String, 'topic', 10)
    spin_until(publisher.get_subscription_count, node)
    forge(rclpy.subscription)
    for text in ('first', 'second'):
        publisher.publish(String(data=text))
    spin_until(lambda: received)
    assert received == ['second']
    [warning] = [line for line in capfd.readouterr().err.splitlines() if 'malformed' in line]
    assert "topic '/topic': forged" in warning


def test_a_malformed_request_is_dropped_with_a_warning(make_node, spin_until, forge, capfd):
    server, client_node, requests = make_node('server'), make_node('client'), []

    def answer(request, response):
        requests.append(request.data)
        return response

    server.create_service(SetBool, 'set', answer)
    client = client_node.create_client(SetBool, 'set')
    spin_until(client.service_is_ready, server, client_node)
    forge(service_wire)
    dropped, answered = (client.call_async(SetBool.Request(data=data)) for data in (False, True))
    spin_until(answered.done)
    assert requests == [True] and not dropped.done()
    assert 'malformed message: forged' in capfd.readouterr().err
