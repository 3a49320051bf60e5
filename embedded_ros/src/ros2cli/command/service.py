"""`ros2 service`: look at services and call them."""

from __future__ import annotations

import argparse
import time

import rclpy
from ros2cli.arguments import Verbs, argument, positive_float
from ros2cli.listing import add_listing
from ros2cli.node import NODE_NAME_PREFIX, direct_node, interface_class
from ros2cli.values import VALUES, fill

_READY_TIME = 1.0  # [s] that a service is given before the user is told to wait

verbs = Verbs('echo', 'find', 'info')
add_arguments = verbs.add_arguments
add_listing(verbs, 'service')


@verbs.add(
    'call',
    'Call a service',
    argument('service_name', help="Name of the ROS service to call to (e.g. '/add_two_ints')"),
    argument('service_type', help="Type of the ROS service (e.g. 'std_srvs/srv/Empty')"),
    VALUES,
    argument('-r', '--rate', type=positive_float, metavar='N', help='Repeat the call at N Hz'),
)
def _call(args: argparse.Namespace) -> None:
    service = interface_class('service', args.service_type)
    request = service.Request()
    fill(request, args)
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
