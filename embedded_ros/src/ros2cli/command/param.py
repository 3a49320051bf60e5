"""`ros2 param`: look at parameters of nodes and change them."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any

from rcl_interfaces.msg import Parameter as ParameterMsg
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters

from embedded_ros import yaml_text
from rclpy.impl.parameter_files import load_parameter_file, parameters_of
from rclpy.node import Node
from rclpy.parameter import Parameter, get_parameter_value, parameter_value_to_python
from ros2cli.arguments import HIDDEN_NODES, NODE_ARGUMENTS, Verbs, argument, flag, positive_float
from ros2cli.node import absolute_name, call, for_named_node, named_node

_SCALARS = ('boolean', 'integer', 'double', 'string')
# By number of the type; `get` makes "Double values are:" of 'double array'.
_TYPES = ('not set', *_SCALARS, *(f'{name} array' for name in ('byte', *_SCALARS)))
_TARGET = (
    *NODE_ARGUMENTS,
    argument('node_name', help='Name of the ROS node'),
    HIDDEN_NODES,
    argument('--timeout', metavar='N', type=positive_float, help='Wait for the node N seconds'),
)
_NAME = argument('parameter_name', help='Name of the parameter')

verbs = Verbs()
add_arguments = verbs.add_arguments


def _names(node: Node, target: str, prefixes: Sequence[str] = ()) -> list[str]:
    response = call(node, ListParameters, f'{target}/list_parameters', prefixes=list(prefixes))
    return sorted(response.result.names)


def _values(node: Node, target: str, names: list[str]) -> list[Any]:
    return list(call(node, GetParameters, f'{target}/get_parameters', names=names).values)


def _descriptors(node: Node, target: str, names: list[str]) -> list[Any]:
    return list(
        call(node, DescribeParameters, f'{target}/describe_parameters', names=names).descriptors
    )


def _change(args: argparse.Namespace, parameters: list[Any], success: str, failure: str) -> None:
    """Set parameters one by one and tell how it went; a `{}` in the texts is the name."""
    with named_node(args) as (node, name):
        response = call(node, SetParameters, f'{name}/set_parameters', parameters=parameters)
    for parameter, result in zip(parameters, response.results, strict=True):
        text = (success if result.successful else failure).format(parameter.name)
        reason = f': {result.reason}' if result.reason else ''
        print(f'{text}{reason}', file=sys.stdout if result.successful else sys.stderr)


@verbs.add(
    'list',
    'Output a list of available parameters',
    *NODE_ARGUMENTS,
    argument('node_name', nargs='?', help='Name of the ROS node'),
    HIDDEN_NODES,
    argument('--filter', default='', help='Only parameters matching the regex expression'),
    argument('--param-prefixes', nargs='+', default=[], help='Only parameters with these prefixes'),
    flag('--param-type', help='Print parameter types with parameter names'),
)
def _list(args: argparse.Namespace) -> None:
    pattern = re.compile(args.filter)

    def show(node: Node, target: str) -> None:
        names = [name for name in _names(node, target, args.param_prefixes) if pattern.match(name)]
        if names and not args.node_name:
            print(f'{target}:')
        suffixes = dict.fromkeys(names, '')
        if args.param_type:
            for each in _descriptors(node, target, names):
                suffixes[each.name] = f' (type: {_TYPES[each.type]})'
        for name in names:
            print(f'  {name}{suffixes[name]}')

    for_named_node(args, show)


@verbs.add('get', 'Get parameter', *_TARGET, _NAME, flag('--hide-type', help='Hide the type'))
def _get(args: argparse.Namespace) -> str | None:
    with named_node(args) as (node, name):
        values = _values(node, name, [args.parameter_name])
    if not values:
        return 'Parameter not set'
    kind, _, array = _TYPES[values[0].type].capitalize().partition(' ')
    if values[0].type == ParameterType.PARAMETER_NOT_SET:
        print('Parameter not set.')
        return None
    label = '' if args.hide_type else f'{kind} values are: ' if array else f'{kind} value is: '
    print(f'{label}{parameter_value_to_python(values[0])}')
    return None


@verbs.add('set', 'Set parameter', *_TARGET, _NAME, argument('value', help='Its new value'))
def _set(args: argparse.Namespace) -> None:
    parameter = ParameterMsg(name=args.parameter_name, value=get_parameter_value(args.value))
    _change(args, [parameter], 'Set parameter successful', 'Setting parameter failed')


@verbs.add('delete', 'Delete parameter', *_TARGET, _NAME)
def _delete(args: argparse.Namespace) -> None:
    parameter = Parameter(args.parameter_name).to_parameter_msg()
    _change(args, [parameter], 'Deleted parameter successfully', 'Deleting parameter failed')


@verbs.add('load', 'Load parameter file for a node', *_TARGET,
           argument('parameter_file', help='Parameter file'),
           flag('--no-use-wildcard', help="Do not load parameters of the '/**' namespace"))
def _load(args: argparse.Namespace) -> None:
    path, name = args.parameter_file, absolute_name(args.node_name)
    by_node = load_parameter_file(path)
    if args.no_use_wildcard:
        by_node = {key: values for key, values in by_node.items() if absolute_name(key) == name}
    values = parameters_of(by_node, name)
    if not values:
        raise RuntimeError(f"Parameter file '{path}' has no parameters for node '{name}'")
    parameters = [Parameter(each, value=value).to_parameter_msg() for each, value in values.items()]
    _change(args, parameters, 'Set parameter {} successful', 'Set parameter {} failed')


@verbs.add('dump', 'Show all of the parameters of a node in a YAML file format', *_TARGET)
def _dump(args: argparse.Namespace) -> None:
    with named_node(args) as (node, name):
        parameters = _names(node, name)
        values = _values(node, name, parameters)
    tree: dict[str, Any] = {}
    for parameter, value in zip(parameters, values, strict=True):
        *groups, leaf = parameter.split('.')
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[leaf] = parameter_value_to_python(value)
    content = {name: {'ros__parameters': tree}}
    print(yaml_text.dump_parameters(content, default_flow_style=False))


@verbs.add('describe', 'Show descriptive information about declared parameters', *_TARGET,
           argument('parameter_names', nargs='+', help='Names of the parameters'))
def _describe(args: argparse.Namespace) -> None:
    with named_node(args) as (node, name):
        descriptors = _descriptors(node, name, args.parameter_names)
    for descriptor in descriptors:
        print('Parameter name:', descriptor.name)
        print('  Type:', _TYPES[descriptor.type])
        if descriptor.description:
            print('  Description:', descriptor.description)
        print('  Constraints:')
        if descriptor.read_only:
            print('    Read only: true')
        for limits in [*descriptor.floating_point_range, *descriptor.integer_range][:1]:
            print('    Min value:', limits.from_value)
            print('    Max value:', limits.to_value)
            if limits.step:
                print('    Step:', limits.step)
        if descriptor.additional_constraints:
            print('    Additional constraints:', descriptor.additional_constraints)
