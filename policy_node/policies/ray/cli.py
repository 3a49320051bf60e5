"""`ros2 run segue ray_serve`: the application, on a Ray of its own or on a running one."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Sequence
from typing import Any

import yaml

OBJECT_STORE_BYTES = 200_000_000
"""Ray's smallest useful object store; questions and answers do not pass through it."""
SHORTHANDS = ('policy', 'checkpoint', 'device', 'max_batch_size', 'batch_wait')
"""Parameters of policy_node that have an option of their own."""
SERVING = ('replicas', 'min_replicas', 'max_replicas', 'num_cpus', 'num_gpus', 'sticky')
"""Options that are arguments of `app.build` of the same name."""
LOCAL = {'RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER': '0', 'RAY_USAGE_STATS_ENABLED': '0'}
"""Makes a Ray that listens to this machine alone, and reports to nobody."""


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog='ray_serve', description='Serve a policy with Ray Serve, for policy_nodes with '
        'policy:=ray.')
    made.add_argument('--params-file', required=True,
                      help='contract and parameters, as for policy_node')
    for name in SHORTHANDS:
        made.add_argument(f'--{name.replace("_", "-")}', type=yaml.safe_load,
                          help=f'parameter {name} of policy_node')
    made.add_argument('-p', dest='given', action='append', default=[], metavar='NAME:=VALUE',
                      help='any other parameter of policy_node, e.g. reference.rtc:=trained')
    made.add_argument('--replicas', type=int, default=1, help='number of replicas')
    made.add_argument('--min-replicas', type=int, help='fewest, with --max-replicas')
    made.add_argument('--max-replicas', type=int, help='let the number follow the load')
    made.add_argument('--num-cpus', type=float, default=1.0, help='CPU cores of a replica')
    made.add_argument('--num-gpus', type=float, default=0.0, help='GPUs of a replica')
    made.add_argument('--any-replica', dest='sticky', action='store_false',
                      help='do not send a session to the same replica each time')
    made.add_argument('--name', default='segue', help='of the application, and its route')
    made.add_argument('--host', default='127.0.0.1', help='address that its proxy listens to')
    made.add_argument('--port', type=int, default=8000, help='port of its proxy')
    made.add_argument('--address', default='', help='running Ray to deploy to, '
                      'machine:port; without it one is started and ends with this command')
    return made


def parameters(options: argparse.Namespace) -> dict[str, Any]:
    """Parameters of policy_node that the options give: full name -> value.

    Raises:
        ValueError: One is not NAME:=VALUE.
    """
    given = {name: getattr(options, name) for name in SHORTHANDS
             if getattr(options, name) is not None}
    for each in options.given:
        name, assigned, value = each.partition(':=')
        if not assigned or not name:
            raise ValueError(f'-p {each!r} must be NAME:=VALUE')
        given[name] = yaml.safe_load(value)
    return given


def stay_local(address: str) -> None:
    """Before ray is imported: keep it from taking this machine's address for 127.0.0.1.

    Args:
        address: Of a running Ray; empty for one that is to be started here.
    """
    if not address or address.startswith(('127.', 'localhost')):
        os.environ.update(LOCAL)


def start(address: str, host: str, port: int) -> None:
    """Start a Ray that only this machine can reach, or connect to a running one; then Serve.

    Args:
        address: Of a running Ray; empty to start one, whose processes end with this one.
        host: Address that the proxy of Serve listens to, if it does not run yet.
        port: Its port.
    """
    stay_local(address)
    import ray
    from ray import serve
    if address:
        ray.init(address)
    else:
        ray.init(_node_ip_address='127.0.0.1', include_dashboard=False,
                 object_store_memory=OBJECT_STORE_BYTES)
    serve.start(http_options={'host': host, 'port': port})


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C, or deploy to a running Ray."""
    options = parser().parse_args(arguments)
    try:
        given = parameters(options)
        stay_local(options.address)
        import ray
        from ray import serve

        from policy_node.policies.ray.app import Arguments, build
        application = build(Arguments(params_file=options.params_file, parameters=given, **{
            name: getattr(options, name) for name in SERVING}))
    except (ImportError, ValueError) as error:
        print(f'ray_serve: {error}')
        return 1
    start(options.address, options.host, options.port)
    serve.run(application, name=options.name, route_prefix=f'/{options.name}')
    if options.address:
        print(f'{options.name} is deployed')
        return 0
    print(f'serving at http://{options.host}:{options.port}/{options.name}; Ctrl-C ends it. For '
          f'another application: --address {ray.get_runtime_context().gcs_address}', flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        serve.shutdown()
    return 0
