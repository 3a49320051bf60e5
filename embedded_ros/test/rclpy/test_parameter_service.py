"""The parameters of another node, through its services and events."""

import pytest
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    GetParameterTypes,
)

from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from rclpy.parameter_event_handler import ParameterEventHandler


@pytest.fixture
def server(make_node):
    node = make_node('server', namespace='ns')
    node.declare_parameters(
        '',
        [
            ('a', 1),
            ('b.c', 'text'),
            ('unset', Parameter.Type.DOUBLE),
        ],
    )
    return node


@pytest.fixture
def own(make_node):
    return make_node('client')


@pytest.fixture
def ask(server, own, call):
    """Function that calls a parameter service of the server."""

    def run(srv_type, name, **fields):
        client = own.create_client(srv_type, f'/ns/server/{name}')
        return call(client, srv_type.Request(**fields), server, own)

    return run


def messages(**values):
    return [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]


def test_reading_what_has_no_value_gives_nothing_at_all(ask):
    assert not ask(GetParameters, 'get_parameters', names=['a', 'unset']).values


def test_types_can_be_read(ask):
    response = ask(GetParameterTypes, 'get_parameter_types', names=['a', 'b.c'])
    assert list(response.types) == [ParameterType.PARAMETER_INTEGER, ParameterType.PARAMETER_STRING]
    assert not ask(GetParameterTypes, 'get_parameter_types', names=['nothing']).types


def test_describing_what_is_not_there_gives_nothing_at_all(ask):
    assert not ask(DescribeParameters, 'describe_parameters', names=['a', 'nothing']).descriptors


def test_the_services_can_be_left_out(make_node):
    node = make_node('silent', start_parameter_services=False)
    assert not any('set_parameters' in service.service_name for service in node.services)


def test_a_client_wraps_the_services(server, own, spin_until, tmp_path):
    client = AsyncParameterClient(own, '/ns/server')

    def result(future):
        spin_until(future.done, server, own)
        return future.result()

    spin_until(client.services_are_ready, server, own)
    assert client.wait_for_services(1.0)
    assert 'a' in result(client.list_parameters()).result.names
    assert result(client.list_parameters(['b'], 1)).result.names == ['b.c']
    assert result(client.set_parameters([Parameter('a', value=5)])).results[0].successful
    assert result(client.get_parameters(['a'])).values[0].integer_value == 5
    assert result(client.get_parameter_types(['a'])).types[0] == ParameterType.PARAMETER_INTEGER
    assert result(client.describe_parameters(['a'])).descriptors[0].name == 'a'
    assert result(client.set_parameters_atomically(messages(a=6))).result.successful
    assert not result(client.delete_parameters(['a'])).results[0].successful
    path = tmp_path / 'parameters.yaml'
    path.write_text('/ns/server: {ros__parameters: {a: 7, b: {c: new}}}')
    calls = []
    loaded = result(client.load_parameter_file(str(path), callback=calls.append))
    assert [each.successful for each in loaded.results] == [True, True]
    spin_until(lambda: calls)
    assert server.get_parameter('b.c').value == 'new'


def test_callbacks_hear_of_changes_of_chosen_parameters(server, own, spin_until):
    handler, seen, events = ParameterEventHandler(own), [], []
    handle = handler.add_parameter_callback('a', '/ns/server', seen.append)
    handler.add_parameter_event_callback(events.append)
    subscription = handler.parameter_event_subscription
    spin_until(lambda: subscription.get_publisher_count() >= 2, server, own)
    server.set_parameters([Parameter('b.c', value='x'), Parameter('a', value=2)])
    spin_until(lambda: len(events) == 2)
    assert [message.value.integer_value for message in seen] == [2]
    handler.remove_parameter_callback(handle)
    server.set_parameters([Parameter('a', value=3)])
    spin_until(lambda: len(events) == 3)
    assert len(seen) == 1
    with pytest.raises(RuntimeError):
        handler.remove_parameter_callback(handle)
    changed = handler.get_parameter_from_event(events[-1], 'a', '/ns/server')
    assert changed.value.integer_value == 3
    assert handler.get_parameter_from_event(events[-1], 'a', '/other') is None
