"""`ros2 run segue replay`: policy_node with the replay policy, by plain options."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from policy_node.policies.replay.parameters import Params
from segue_core.parameters import describe, table_fields


def node_arguments(arguments: Sequence[str] | None) -> list[str]:
    """Command line of policy_node for the options of `replay`.

    Args:
        arguments: Options; those of ROS may follow after ``--ros-args``.
    """
    parser = argparse.ArgumentParser(
        prog='replay', description='Serve the recorded actions of a dataset episode or a bag to '
        'robot_bridge, as policy_node does with a policy.')
    parser.add_argument('--params-file', type=Path, required=True,
                        help='contract and parameters, as for policy_node')
    for f in table_fields(Params):
        default = f.metadata['default']
        if f.name != 'columns':
            parser.add_argument(f'--{f.name.replace("_", "-")}', type=type(default),
                                required=not default and isinstance(default, str),
                                default=default, help=describe(f))
    options, rest = parser.parse_known_args(arguments)
    if rest and rest[0] != '--ros-args':
        parser.error(f'unrecognized arguments: {" ".join(rest)}')
    given = [f'replay.{name}:={json.dumps(value)}' for name, value in vars(options).items()
             if name != 'params_file']
    given += ['policy:=replay', 'autostart:=true']
    ros = ['--ros-args', '--params-file', str(options.params_file)]
    for one in given:
        ros += ['-p', f'policy_node:{one}']
    return ros + rest[1:]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run policy_node with the replay policy."""
    args = node_arguments(arguments)
    from policy_node.node import main as run_node
    return run_node(args)
