"""Parameters of a node: declared, overridden, judged, and changed by others."""

import math

import pytest
from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    ParameterEvent,
    ParameterType,
    SetParametersResult,
)
from rcl_interfaces.srv import (
    DescribeParameters,
    GetParameters,
    ListParameters,
    SetParameters,
    SetParametersAtomically,
)

from rclpy.exceptions import (
    InvalidParameterTypeException,
    InvalidParameterValueException,
    ParameterAlreadyDeclaredException,
    ParameterImmutableException,
    ParameterNotDeclaredException,
    ParameterUninitializedException,
)
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.parameter_client import AsyncParameterClient
from rclpy.parameter_event_handler import ParameterEventHandler

Type = Parameter.Type
NOT_OURS = {'use_sim_time', 'start_type_description_service'}


def set_value(node, name, value):
    return node.set_parameters([Parameter(name, value=value)])[0]


def test_a_declared_parameter_has_its_default_value(node):
    declared = node.declare_parameter('a', 5, ParameterDescriptor(description='text'))
    assert (declared.name, declared.value, declared.type_) == ('a', 5, Type.INTEGER)
    assert node.has_parameter('a') and node.get_parameter('a').value == 5
    described = node.describe_parameter('a')
    assert (described.type, described.description) == (ParameterType.PARAMETER_INTEGER, 'text')
    with pytest.raises(ParameterAlreadyDeclaredException):
        node.declare_parameter('a', 2)


def test_several_parameters_can_be_declared_together(node):
    declared = node.declare_parameters('ns', [('a', 1), ('b', Type.STRING), ('c', 2.0)])
    assert [each.name for each in declared] == ['ns.a', 'ns.b', 'ns.c']
    found = {name: each.value for name, each in node.get_parameters_by_prefix('ns').items()}
    assert found == {'a': 1, 'b': None, 'c': 2.0}


def test_a_parameter_must_be_declared_and_have_a_value(node):
    with pytest.raises(ParameterNotDeclaredException):
        node.get_parameter('a')
    with pytest.raises(ParameterNotDeclaredException):
        set_value(node, 'a', 1)
    node.declare_parameter('a', Type.INTEGER)
    with pytest.raises(ParameterUninitializedException):
        node.get_parameter('a')
    assert set_value(node, 'a', 1).successful


def test_the_type_does_not_change_unless_it_is_dynamic(node):
    node.declare_parameter('static', 1)
    assert not set_value(node, 'static', 1.0).successful
    node.declare_parameter('dynamic', None, ParameterDescriptor(dynamic_typing=True))
    assert set_value(node, 'dynamic', 1).successful and set_value(node, 'dynamic', 'x').successful
    assert node.set_parameters([Parameter('dynamic', Type.NOT_SET)])[0].successful
    assert not node.has_parameter('dynamic')


def test_a_read_only_parameter_keeps_its_value(node):
    node.declare_parameter('a', 1, ParameterDescriptor(read_only=True))
    assert not set_value(node, 'a', 2).successful
    with pytest.raises(ParameterImmutableException):
        node.undeclare_parameter('a')


@pytest.mark.parametrize(
    ('value', 'accepted'),
    [(-11, False), (-10, True), (-9, False), (4, True), (5, True), (6, False)],
)
def test_integers_keep_to_their_range_and_step(node, value, accepted):
    limits = IntegerRange(from_value=-10, to_value=5, step=2)
    node.declare_parameter('a', 0, ParameterDescriptor(integer_range=[limits]))
    assert set_value(node, 'a', value).successful is accepted


@pytest.mark.parametrize(
    ('value', 'accepted'), [(-0.1, False), (0.1 + 0.2, True), (0.35, False), (1.05, True)]
)
def test_doubles_keep_to_their_range_and_step(node, value, accepted):
    limits = FloatingPointRange(from_value=0.0, to_value=1.05, step=0.1)
    node.declare_parameter('a', 0.0, ParameterDescriptor(floating_point_range=[limits]))
    assert set_value(node, 'a', value).successful is accepted


def test_a_default_out_of_range_is_refused(node):
    limits = IntegerRange(from_value=0, to_value=10)
    with pytest.raises(InvalidParameterValueException):
        node.declare_parameter('a', 11, ParameterDescriptor(integer_range=[limits]))
    assert not node.has_parameter('a')


def test_callbacks_judge_change_and_hear_of_values(node):
    node.declare_parameters('', [('a', 1), ('b', 1)])
    heard = []

    def double(parameters):
        return [*parameters, Parameter('b', value=2 * parameters[0].value)]

    def judge(parameters):
        return SetParametersResult(
            successful=all(each.value < 10 for each in parameters), reason='too much'
        )

    node.add_pre_set_parameters_callback(double)
    node.add_on_set_parameters_callback(judge)
    node.add_post_set_parameters_callback(lambda ps: heard.extend((p.name, p.value) for p in ps))
    assert set_value(node, 'a', 4).successful
    assert [node.get_parameter(name).value for name in 'ab'] == [4, 8]
    refused = set_value(node, 'a', 5)
    assert (refused.successful, refused.reason) == (False, 'too much')
    node.remove_on_set_parameters_callback(judge)
    assert set_value(node, 'a', 5).successful
    assert heard == [('a', 4), ('b', 8), ('a', 5), ('b', 10)]


def test_atomic_means_all_or_nothing(node):
    node.declare_parameters('', [('a', 1), ('b', 1)])
    both = [Parameter('a', value=2), Parameter('b', value='text')]
    assert not node.set_parameters_atomically(both).successful
    assert node.get_parameter('a').value == 1
    assert [each.successful for each in node.set_parameters(both)] == [True, False]
    assert node.get_parameter('a').value == 2


@pytest.mark.parametrize(
    ('prefixes', 'depth', 'names'),
    [
        ([], 0, ['a', 'b.c', 'b.d.e']),
        ([], 1, ['a']),
        (['b'], 0, ['b.c', 'b.d.e']),
        (['b'], 1, ['b.c']),
        (['a', 'b.d'], 0, ['a', 'b.d.e']),
    ],
)
def test_parameters_are_listed_by_prefix_and_depth(node, prefixes, depth, names):
    node.declare_parameters('', [('a', 1), ('b.c', 1), ('b.d.e', 1)])
    assert sorted(set(node.list_parameters(prefixes, depth).names) - NOT_OURS) == names


def overrides(make_node, *words, **options):
    """What a node gets from its arguments."""
    node = make_node(
        cli_args=['--ros-args', *words],
        automatically_declare_parameters_from_overrides=True,
        **options,
    )
    names = set(node.list_parameters([], 0).names) - NOT_OURS
    return {name: node.get_parameter(name).value for name in names}


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('true', True), ('off', False), ('1', 1), ('-7', -7), ('1.5', 1.5), ('1e3', 1000.0),
        ('.inf', math.inf), ('text', 'text'), ("'1'", '1'), ('"true"', 'true'), ('!!str 5', '5'),
        ('a b', 'a b'), ('/dev/ttyACM0', '/dev/ttyACM0'), ('1.2.3', '1.2.3'),
    ],
)  # fmt: skip
def test_values_on_the_command_line_are_yaml(make_node, text, value):
    found = overrides(make_node, '-p', f'a:={text}')
    assert found == {'a': value} and type(found['a']) is type(value)


@pytest.mark.parametrize(
    ('text', 'value'),
    [('[1, 2]', [1, 2]), ('[1.0, 2.5]', [1.0, 2.5]), ('[true]', [True]), ("['1', b]", ['1', 'b'])],
)
def test_lists_on_the_command_line_are_arrays(make_node, text, value):
    assert list(overrides(make_node, '-p', f'a:={text}')['a']) == value


@pytest.mark.parametrize('text', ['[1, a]', '{a: 1}', '['])
def test_values_that_no_parameter_can_have_are_refused(make_node, text):
    with pytest.raises(RuntimeError):
        overrides(make_node, '-p', f'a:={text}')


def test_files_hold_values_for_many_nodes(make_node, tmp_path):
    path = tmp_path / 'parameters.yaml'
    path.write_text("""
/**: {ros__parameters: {all: 1, overlaid: all}}
/ns/*: {ros__parameters: {in_ns: true}}
/ns/node: {ros__parameters: {overlaid: this, nested: {deep: {er: 2.0}}}}
node: {ros__parameters: {in_root: 1}}
/other: {ros__parameters: {not_mine: 1}}
""")
    found = overrides(make_node, '--params-file', str(path), namespace='/ns')
    assert found == {'all': 1, 'overlaid': 'this', 'in_ns': True, 'nested.deep.er': 2.0}
    found = overrides(make_node, '--params-file', str(path), '-p', 'all:=2')
    assert found == {'all': 2, 'overlaid': 'all', 'in_root': 1}
    with pytest.raises(RuntimeError):
        overrides(make_node, '--params-file', '/no_such_file.yaml')


def test_overrides_count_more_than_defaults_and_must_have_their_type(make_node):
    node = make_node(parameter_overrides=[Parameter('a', value=2), Parameter('b', value='x')])
    assert node.declare_parameter('a', 1).value == 2
    with pytest.raises(InvalidParameterTypeException):
        node.declare_parameter('b', 1)


@pytest.fixture
def server(make_node):
    node = make_node('server', namespace='ns')
    node.declare_parameters(
        '', [('a', 1), ('b.c', 'text'), ('fixed', 1, ParameterDescriptor(read_only=True))]
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
    name = 'set_parameters_atomically'
    refused = ask(SetParametersAtomically, name, parameters=messages(a=3, fixed=2))
    assert not refused.result.successful
    assert server.get_parameter('a').value == 2
    assert ask(SetParametersAtomically, name, parameters=messages(a=3)).result.successful


def test_a_client_wraps_the_services(server, own, spin_until, tmp_path):
    client = AsyncParameterClient(own, '/ns/server')

    def result(future):
        spin_until(future.done, server, own)
        return future.result()

    spin_until(client.services_are_ready, server, own)
    assert result(client.set_parameters([Parameter('a', value=5)])).results[0].successful
    assert result(client.get_parameters(['a'])).values[0].integer_value == 5
    assert result(client.list_parameters(['b'], 0)).result.names == ['b.c']
    path = tmp_path / 'parameters.yaml'
    path.write_text('/ns/server: {ros__parameters: {a: 7, b: {c: new}}}')
    loaded = result(client.load_parameter_file(str(path)))
    assert [each.successful for each in loaded.results] == [True, True]


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
