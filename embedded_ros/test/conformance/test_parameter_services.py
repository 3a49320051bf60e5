"""The parameters of another node, through its services and events."""

import pytest
from rcl_interfaces.msg import ParameterDescriptor, ParameterEvent, ParameterType
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    GetParameterTypes,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)

from rclpy.parameter import Parameter, parameter_value_to_python
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
            ('fixed', 1, ParameterDescriptor(read_only=True)),
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


def test_others_read_describe_and_list(ask):
    values = ask(GetParameters, 'get_parameters', names=['a', 'b.c']).values
    assert [parameter_value_to_python(value) for value in values] == [1, 'text']
    assert not ask(GetParameters, 'get_parameters', names=['a', 'nothing']).values
    [descriptor] = ask(DescribeParameters, 'describe_parameters', names=['fixed']).descriptors
    assert (descriptor.name, descriptor.read_only) == ('fixed', True)
    result = ask(ListParameters, 'list_parameters', prefixes=['b'], depth=0).result
    assert (list(result.names), list(result.prefixes)) == (['b.c'], ['b'])


def test_others_set_values(ask, server):
    wanted = messages(a=2, fixed=2, nothing=2) + messages(a='text')
    results = ask(SetParameters, 'set_parameters', parameters=wanted).results
    assert [result.successful for result in results] == [True, False, False, False]
    for wanted, successful in ((messages(a=3, fixed=2), False), (messages(a=3), True)):
        response = ask(
            SetParametersAtomically, 'set_parameters_atomically', parameters=wanted
        )
        assert response.result.successful is successful
        assert server.get_parameter('a').value == (3 if successful else 2)


def test_changes_are_published(server, own, spin_until):
    events, changed = [], []
    handler = ParameterEventHandler(own)
    handler.add_parameter_callback('dynamic', '/ns/server', changed.append)
    subscription = own.create_subscription(ParameterEvent, '/parameter_events', events.append, 10)
    spin_until(lambda: subscription.get_publisher_count() >= 2, server, own)
    server.declare_parameter('dynamic', None, ParameterDescriptor(dynamic_typing=True))
    for value in (1, 2, None):
        server.set_parameters([Parameter('dynamic', value=value)])
    spin_until(lambda: len(events) == 4 and len(changed) == 3)
    assert {event.node for event in events} == {'/ns/server'}
    assert [len(event.new_parameters) for event in events] == [1, 1, 0, 0]
    assert events[2].changed_parameters[0].value.integer_value == 2
    assert events[3].deleted_parameters[0].name == 'dynamic'


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
