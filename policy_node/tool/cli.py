"""`ros2 run segue policy`: list the installed policies, see what one needs, measure it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from policy_node.parameters import PolicyParams
from policy_node.policy import Feature, Policy, PolicyConfig, PolicyError, Requirements
from policy_node.requirements import example, features_of, requirements_of
from policy_node.server import GROUP, PolicyServer
from policy_node.tool.bench import Bench, Load, Measured, arithmetic, table
from policy_node.tool.catalogue import installed, summary_of
from policy_node.tool.contract_file import contract_file, known_robot, robot_names
from policy_node.tool.description import parameters_text, requirements_text
from segue_core.contract import Contract
from segue_core.parameter_file import contract_of, read_parameters, table_of
from segue_core.parameters import ParameterError, build, refuse_unknown, table_fields
from segue_core.plugins import PluginError, load_plugin

BATCHES = (1, 2, 4, 8)
DEFAULT_RATE = 30.0
DEFAULT_ROWS = 16
UNTOLD = ('it tells nothing more before it is loaded: the contract says what it observes and moves '
          '(docs/policies.md)')


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the commands; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:     # whoever reads has had enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (PolicyError, PluginError, ParameterError) as error:
        print(f'policy: error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


# ---- list ----
def _list(options: argparse.Namespace) -> None:
    entries = installed()
    if options.json:
        print(json.dumps([{**asdict(e), 'state': e.state} for e in entries], indent=2))
        return
    cells = [(e.name, e.origin, e.state) for e in entries]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for entry, row in zip(entries, cells, strict=True):
        print('  '.join([*(f'{cell:<{width}}' for cell, width in zip(row, widths, strict=True)),
                         entry.error or entry.summary]))


# ---- info ----
def _info(options: argparse.Namespace) -> None:
    plugin = load_plugin(GROUP, options.policy)
    parameters = getattr(plugin, 'Params', None)
    params = _params(options.policy, parameters, options.parameters)
    config = PolicyConfig(options.policy, 1, 1, (), (), config=options.config,
                          checkpoint=options.checkpoint, device=options.device or 'cpu',
                          params=params)
    told = requirements_of(config)
    if options.contract:
        if told is None:
            raise PolicyError(f'policy {config.policy!r} does not tell what it needs, so there is '
                              'no contract to propose; begin with a file of config/')
        robot = known_robot(options.robot) if options.robot else None
        print(contract_file(config, told, robot), end='')
        return
    print(f'{config.policy}: {summary_of(plugin)}')
    print(requirements_text(told) if told else UNTOLD)
    print(parameters_text(config.policy, parameters, params))


# ---- bench ----
def _bench(options: argparse.Namespace) -> None:
    given = read_parameters(options.params_file, 'policy_node') if options.params_file else {}
    contract = contract_of(given) if given else None
    config, features, rate = _case(options, given, contract)
    server = PolicyServer(config)
    policy = server.load(config)
    try:
        points = _curve(server, policy, features, options)
    finally:
        server.close()
    load = Load(rate, policy.metadata.horizon, options.chunk_size_threshold)
    print(f'{policy.metadata.name} on {config.device}, {policy.metadata.horizon} rows')
    print(f'{table(points, load)}\n{arithmetic(points, load)}')
    if options.json:
        options.json.write_text(json.dumps({
            'policy': policy.metadata.name, 'device': config.device, **asdict(load),
            'points': [{**asdict(m), 'robots': load.robots(m)} for m in points]}, indent=2) + '\n')


def _case(options: argparse.Namespace, given: Mapping[str, Any], contract: Contract | None
          ) -> tuple[PolicyConfig, Sequence[Feature], float]:
    """What to load, what it sees, and the control rate [Hz]: the contract's, or as it tells."""
    plugin = load_plugin(GROUP, options.policy)
    own = {name: value for name, value in given.items() if name.startswith(f'{options.policy}.')}
    node = table_of(PolicyParams, given)
    config = PolicyConfig(
        options.policy, node.actions_per_chunk, 1, (), (), config=options.config or node.config,
        checkpoint=options.checkpoint or node.checkpoint, device=options.device or node.device,
        params=_params(options.policy, getattr(plugin, 'Params', None), options.parameters, own))
    told = requirements_of(config) or Requirements(features=())
    if contract:
        sizes = {f.name: f for f in told.features if f.shape}
        return (replace(config, step_ns=contract.step_ns, action_names=contract.action_names,
                        action_units=contract.action_units, features=contract.features),
                [sizes.get(f.name, f) for f in features_of(contract)], 1e9 / contract.step_ns)
    if not told.columns:
        raise PolicyError(f'policy {config.policy!r} does not tell which columns it makes; give '
                          '--params-file, a parameter file with its contract')
    rate = told.control_rate or DEFAULT_RATE
    names = told.action_names or tuple(f'column_{i}' for i in range(told.columns))
    return (replace(config, actions_per_chunk=told.horizon or DEFAULT_ROWS,
                    step_ns=round(1e9 / rate), action_names=names,
                    action_units=told.action_units or ('',) * len(names),
                    features={f.name: f.shape[0] if len(f.shape) == 1 else 0
                              for f in told.features}), told.features, rate)


def _curve(server: PolicyServer, policy: Policy, features: Sequence[Feature],
           options: argparse.Namespace) -> list[Measured]:
    needed = [f for f in features if f.name in policy.metadata.features]
    bench = Bench(server, policy, example(needed))
    batches = options.batch if server.batches else [1]
    prefixes = [0, policy.metadata.horizon // 2] if bench.continues() else [0]
    if batches != options.batch:
        print(f'{policy.metadata.name} infers one request at a time: batches are left out')
    with tqdm(total=options.requests * len(batches) * len(prefixes), unit='request') as bar:
        return [bench.measure(batch, prefix, options.requests, bar.update)
                for prefix in prefixes for batch in batches]


# ---- arguments ----
def _params(policy: str, parameters: type[Any] | None, texts: Sequence[str],
            given: Mapping[str, Any] | None = None) -> Any:
    """The policy's own table of ``name:=value``; None for the defaults."""
    values = dict(given or {})
    for text in texts:
        name, assigned, value = text.partition(':=')
        if not assigned:
            raise ParameterError(f'-p {text!r} must be name:=value')
        values[f'{policy}.{name.removeprefix(f"{policy}.")}'] = value
    known = {f'{policy}.{f.name}': f for f in table_fields(parameters)} if parameters else {}
    refuse_unknown(values, known)
    if not values or not parameters:
        return None
    return build(parameters, {
        known[name].name: yaml.safe_load(value) if isinstance(value, str)
        and not isinstance(known[name].metadata['default'], str) else value
        for name, value in values.items()}, f'{policy}.')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='policy', description=__doc__)
    commands = parser.add_subparsers(required=True)
    add = commands.add_parser('list', help='the installed policies').add_argument
    add('--json', action='store_true', help='for programs')
    commands.choices['list'].set_defaults(run=_list)

    _with_policy(commands.add_parser('info', help='what a policy needs, unloaded'), _info)
    add = commands.choices['info'].add_argument
    add('--contract', action='store_true', help='print a parameter file for both nodes, to edit')
    add('--robot', default='', help=f'take names and topics of a robot: {", ".join(robot_names())}')

    _with_policy(commands.add_parser('bench', help='how fast it is on this machine'), _bench)
    add = commands.choices['bench'].add_argument
    add('--params-file', type=Path, help='take contract and parameters of this file')
    add('--batch', type=_positive, nargs='+', default=list(BATCHES), metavar='N',
        help='requests at once (default: %(default)s)')
    add('--requests', type=_positive, default=50,
        help='for each point of the curve (default: %(default)s)')
    add('--chunk-size-threshold', type=_fraction, default=0.5,
        help="the bridge's parameter (default: %(default)s)")
    add('--json', type=Path, metavar='FILE', help='write the figures')
    return parser


def _with_policy(command: argparse.ArgumentParser, run: Any) -> None:
    add = command.add_argument
    add('policy', help='a name of `policy list`, or package.module:attribute')
    add('--checkpoint', default='', help='folder or file with weights; package://<package>/<path>')
    add('--config', default='', help="the policy's own configuration name")
    add('--device', default='', help='cpu, cuda, cuda:0; cpu when nothing says otherwise')
    add('-p', dest='parameters', action='append', default=[], metavar='NAME:=VALUE',
        help="a parameter of the policy's own")
    command.set_defaults(run=run)


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f'must be a whole number from 1, got {text}')
    return int(text)


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f'must be within 0..1, got {text}')
    return value


if __name__ == '__main__':
    sys.exit(main())
