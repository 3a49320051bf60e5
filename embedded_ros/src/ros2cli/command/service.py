"""`ros2 service`: look at services and call them."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import yaml

import rclpy
from ros2cli.node import (
    NODE_NAME_PREFIX,
    add_node_arguments,
    direct_node,
    discovered_node,
    types_of,
    visible,
    wait_until,
)
from ros2cli.verbs import Verbs, positive_float
from rosidl_runtime_py import set_message_fields
from rosidl_runtime_py.utilities import get_service

_READY_TIME = 1.0  # [s] that a service is given before the user is told to wait


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = Verbs(parser)
    _add_call(verbs)
    find = verbs.add('find', 'Output a list of available services of a given type', _find)
    add_node_arguments(find)
    find.add_argument(
        'service_type',
        help="Name of the ROS service type to filter for (e.g. 'std_srvs/srv/SetBool')",
    )
    _add_listing_arguments(find)
    listing = verbs.add('list', 'Output a list of available services', _list)
    add_node_arguments(listing)
    listing.add_argument(
        '-t', '--show-types', action='store_true', help='Additionally show the service type'
    )
    _add_listing_arguments(listing)
    kind = verbs.add('type', "Output a service's type", _type)
    add_node_arguments(kind)
    kind.add_argument(
        'service_name', help="Name of the ROS service to get type (e.g. '/talker/list_parameters')"
    )
    verbs.add_missing('echo', 'info')


def _add_call(verbs: Verbs) -> None:
    parser = verbs.add('call', 'Call a service', _call)
    parser.add_argument(
        'service_name', help="Name of the ROS service to call to (e.g. '/add_two_ints')"
    )
    parser.add_argument('service_type', help="Type of the ROS service (e.g. 'std_srvs/srv/Empty')")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        'values',
        nargs='?',
        default='{}',
        help="Values to fill the service request with in YAML format (e.g. '{a: 1, b: 2}'), "
        'otherwise the service request will be published with default values',
    )
    source.add_argument('--stdin', action='store_true', help='Read values from standard input')
    parser.add_argument(
        '-r',
        '--rate',
        metavar='N',
        type=positive_float,
        help='Repeat the call at a specific rate in Hz',
    )


def _add_listing_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '-c',
        '--count-services',
        action='store_true',
        help='Only display the number of services discovered',
    )
    parser.add_argument(
        '--include-hidden-services', action='store_true', help='Consider hidden services as well'
    )


def _services(args: argparse.Namespace) -> list[tuple[str, list[str]]]:
    with discovered_node(args) as node:
        return visible(
            node.get_service_names_and_types(), include_hidden=args.include_hidden_services
        )


def _list(args: argparse.Namespace) -> None:
    services = _services(args)
    if args.count_services:
        print(len(services))
        return
    for name, types in services:
        print(f'{name} [{", ".join(types)}]' if args.show_types else name)


def _find(args: argparse.Namespace) -> None:
    names = [name for name, types in _services(args) if args.service_type in types]
    if args.count_services:
        print(len(names))
        return
    for name in names:
        print(name)


def _type(args: argparse.Namespace) -> int:
    with direct_node(args) as node:
        wait_until(
            lambda: bool(types_of(node.get_service_names_and_types(), args.service_name)),
            args.spin_time,
        )
        types = types_of(node.get_service_names_and_types(), args.service_name)
    for name in types:
        print(name)
    return 0 if types else 1


def _call(args: argparse.Namespace) -> str | None:
    service = _service_class(args.service_type)
    request = service.Request()
    try:
        values = yaml.safe_load(sys.stdin.read() if args.stdin else args.values)
        set_message_fields(request, values or {})
    except (AssertionError, AttributeError, TypeError, ValueError, yaml.YAMLError) as error:
        return f'Failed to populate field: {error}'
    package, _, name = args.service_type.replace('/srv/', '/').partition('/')
    with direct_node(args, f'{NODE_NAME_PREFIX}_requester_{package}_{name}') as node:
        client = node.create_client(service, args.service_name)
        if not client.wait_for_service(timeout_sec=_READY_TIME):
            print('waiting for service to become available...')
            client.wait_for_service()
        while rclpy.ok():
            print(f'requester: making request: {request!r}\n')
            called = time.monotonic()
            future = client.call_async(request)
            rclpy.spin_until_future_complete(node, future)
            if future.result() is None:
                raise RuntimeError(f'Exception while calling service: {future.exception()!r}')
            print(f'response:\n{future.result()!r}\n')
            if args.rate is None:
                break
            time.sleep(max(0.0, called + 1.0 / args.rate - time.monotonic()))
    return None


def _service_class(name: str) -> Any:
    try:
        return get_service(name)
    except (AttributeError, LookupError, ModuleNotFoundError, ValueError) as error:
        raise RuntimeError(f"The passed service type '{name}' is invalid: {error}") from error
