"""`ros2 param`: look at parameters of nodes and change them."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue

from rclpy.node import Node
from rclpy.parameter import (
    get_parameter_value,
    parameter_dict_from_yaml_file,
    parameter_value_to_python,
)
from ros2cli import parameter_calls
from ros2cli.node import (
    absolute_name,
    add_node_arguments,
    direct_node,
    discovered_node,
    node_names,
    wait_for_node,
)
from ros2cli.verbs import Verbs, positive_float

_NOT_FOUND = 'Node not found'
_SEPARATOR = '.'
_LABELS = {
    ParameterType.PARAMETER_BOOL: 'Boolean value is:',
    ParameterType.PARAMETER_INTEGER: 'Integer value is:',
    ParameterType.PARAMETER_DOUBLE: 'Double value is:',
    ParameterType.PARAMETER_STRING: 'String value is:',
    ParameterType.PARAMETER_BYTE_ARRAY: 'Byte values are:',
    ParameterType.PARAMETER_BOOL_ARRAY: 'Boolean values are:',
    ParameterType.PARAMETER_INTEGER_ARRAY: 'Integer values are:',
    ParameterType.PARAMETER_DOUBLE_ARRAY: 'Double values are:',
    ParameterType.PARAMETER_STRING_ARRAY: 'String values are:',
}
_TYPES = {
    ParameterType.PARAMETER_NOT_SET: 'not set',
    ParameterType.PARAMETER_BOOL: 'boolean',
    ParameterType.PARAMETER_INTEGER: 'integer',
    ParameterType.PARAMETER_DOUBLE: 'double',
    ParameterType.PARAMETER_STRING: 'string',
    ParameterType.PARAMETER_BYTE_ARRAY: 'byte array',
    ParameterType.PARAMETER_BOOL_ARRAY: 'boolean array',
    ParameterType.PARAMETER_INTEGER_ARRAY: 'integer array',
    ParameterType.PARAMETER_DOUBLE_ARRAY: 'double array',
    ParameterType.PARAMETER_STRING_ARRAY: 'string array',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = Verbs(parser)
    delete = _add_verb(verbs, 'delete', 'Delete parameter', _delete)
    delete.add_argument('parameter_name', help='Name of the parameter')
    describe = _add_verb(
        verbs, 'describe', 'Show descriptive information about declared parameters', _describe
    )
    describe.add_argument('parameter_names', nargs='+', help='Names of the parameters')
    _add_verb(verbs, 'dump', 'Show all of the parameters of a node in a YAML file format', _dump)
    get = _add_verb(verbs, 'get', 'Get parameter', _get)
    get.add_argument('parameter_name', help='Name of the parameter')
    get.add_argument('--hide-type', action='store_true', help='Hide the type information')
    _add_list(verbs)
    load = _add_verb(verbs, 'load', 'Load parameter file for a node', _load)
    load.add_argument('parameter_file', help='Parameter file')
    load.add_argument(
        '--no-use-wildcard',
        action='store_true',
        help="Do not load parameters in the '/**' namespace into the node",
    )
    change = _add_verb(verbs, 'set', 'Set parameter', _set)
    change.add_argument('parameter_name', help='Name of the parameter')
    change.add_argument('value', help='Value of the parameter')


def _add_verb(verbs: Verbs, name: str, text: str, main: Any) -> argparse.ArgumentParser:
    parser = verbs.add(name, text, main)
    add_node_arguments(parser)
    parser.add_argument('node_name', help='Name of the ROS node')
    _add_hidden(parser)
    parser.add_argument(
        '--timeout',
        metavar='N',
        type=positive_float,
        help='Wait for N seconds until node becomes available (default: the spin time)',
    )
    return parser


def _add_list(verbs: Verbs) -> None:
    parser = verbs.add('list', 'Output a list of available parameters', _list)
    add_node_arguments(parser)
    parser.add_argument('node_name', nargs='?', help='Name of the ROS node')
    _add_hidden(parser)
    parser.add_argument(
        '--filter',
        help='Only parameters matching the regex expression will be showed. Supports `re` regex '
        'syntax.',
    )
    parser.add_argument(
        '--param-prefixes',
        nargs='+',
        default=[],
        help='Only list parameters with the provided prefixes',
    )
    parser.add_argument(
        '--param-type', action='store_true', help='Print parameter types with parameter names'
    )


def _add_hidden(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--include-hidden-nodes', action='store_true', help='Consider hidden nodes as well'
    )


@contextlib.contextmanager
def _found(args: argparse.Namespace) -> Iterator[tuple[Node, str]]:
    """Node to call services with, and the full name of the node that the command names."""
    name = absolute_name(args.node_name)
    with direct_node(args) as node:
        if not wait_for_node(node, name, args.timeout or args.spin_time):
            raise RuntimeError(_NOT_FOUND)
        yield node, name


def _list(args: argparse.Namespace) -> str | None:
    accepts = re.compile(args.filter or '')
    with contextlib.ExitStack() as stack:
        if args.node_name:
            args.timeout = None
            node, name = stack.enter_context(_found(args))
            names = [name]
        else:
            node = stack.enter_context(discovered_node(args))
            found = node_names(node, include_hidden=args.include_hidden_nodes)
            names = sorted({name.full_name for name in found})
        for name in names:
            try:
                parameters = sorted(parameter_calls.names(node, name, args.param_prefixes))
            except RuntimeError as error:
                print(error, file=sys.stderr)
                continue
            parameters = [parameter for parameter in parameters if accepts.match(parameter)]
            if parameters and not args.node_name:
                print(f'{name}:')
            types = _types(node, name, parameters) if args.param_type else {}
            for parameter in parameters:
                suffix = f' (type: {types[parameter]})' if args.param_type else ''
                print(f'  {parameter}{suffix}')
    return None


def _types(node: Node, name: str, parameters: list[str]) -> dict[str, str]:
    descriptors = parameter_calls.descriptors(node, name, parameters)
    return {descriptor.name: _TYPES[descriptor.type] for descriptor in descriptors}


def _get(args: argparse.Namespace) -> str | None:
    with _found(args) as (node, name):
        values = parameter_calls.values(node, name, [args.parameter_name])
    if not values:
        return 'Parameter not set'
    if values[0].type == ParameterType.PARAMETER_NOT_SET:
        print('Parameter not set.')
        return None
    value = parameter_value_to_python(values[0])
    print(value if args.hide_type else f'{_LABELS[values[0].type]} {value}')
    return None


def _set(args: argparse.Namespace) -> None:
    parameter = Parameter(name=args.parameter_name, value=get_parameter_value(args.value))
    with _found(args) as (node, name):
        result = parameter_calls.set_values(node, name, [parameter])[0]
    _report(result, 'Set parameter successful', 'Setting parameter failed')


def _delete(args: argparse.Namespace) -> None:
    unset = ParameterValue(type=ParameterType.PARAMETER_NOT_SET)
    parameter = Parameter(name=args.parameter_name, value=unset)
    with _found(args) as (node, name):
        result = parameter_calls.set_values(node, name, [parameter])[0]
    _report(result, 'Deleted parameter successfully', 'Deleting parameter failed')


def _load(args: argparse.Namespace) -> None:
    name = absolute_name(args.node_name)
    parameters = _parameters_in_file(args.parameter_file, name, not args.no_use_wildcard)
    with _found(args) as (node, name):
        results = parameter_calls.set_values(node, name, parameters)
    for parameter, result in zip(parameters, results, strict=True):
        _report(
            result,
            f'Set parameter {parameter.name} successful',
            f'Set parameter {parameter.name} failed',
        )


def _parameters_in_file(path: str, name: str, use_wildcard: bool) -> list[Any]:
    """Parameters of a file that are for a node, or for every node."""
    content = yaml.safe_load(Path(path).read_text(encoding='utf-8'))
    wildcards = ['/**'] if use_wildcard else []
    keys = [key for key in (*wildcards, name) if isinstance(content, dict) and key in content]
    if not keys:
        raise RuntimeError(f"Parameter file '{path}' has no parameters for node '{name}'")
    return list(parameter_dict_from_yaml_file(path, target_nodes=keys).values())


def _report(result: Any, success: str, failure: str) -> None:
    message = success if result.successful else failure
    text = f'{message}: {result.reason}' if result.reason else message
    print(text, file=sys.stdout if result.successful else sys.stderr)


def _dump(args: argparse.Namespace) -> None:
    with _found(args) as (node, name):
        parameters = sorted(parameter_calls.names(node, name))
        values = parameter_calls.values(node, name, parameters)
    tree: dict[str, Any] = {}
    for parameter, value in zip(parameters, values, strict=True):
        *groups, leaf = parameter.split(_SEPARATOR)
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[leaf] = parameter_value_to_python(value)
    print(yaml.safe_dump({name: {'ros__parameters': tree}}, default_flow_style=False))


def _describe(args: argparse.Namespace) -> None:
    with _found(args) as (node, name):
        for descriptor in parameter_calls.descriptors(node, name, args.parameter_names):
            print('Parameter name:', descriptor.name)
            print('  Type:', _TYPES[descriptor.type])
            if descriptor.description:
                print('  Description:', descriptor.description)
            _print_constraints(descriptor)


def _print_constraints(descriptor: Any) -> None:
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
