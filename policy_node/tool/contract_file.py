"""A parameter file for policy_node and robot_bridge, made of what a policy tells; to be edited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from policy_node.policy import IMAGE, VECTOR, Feature, PolicyConfig, PolicyError, Requirements
from policy_node.tool.description import shape_text
from segue_core.contract import IMAGE as IMAGE_MESSAGE
from segue_core.contract import IMAGES, JOINT_STATE, PLACEHOLDER, Contract, Input
from segue_core.parameter_file import contract_of, read_parameters
from segue_core.parameters import ParameterError, table_fields
from segue_core.paths import package_file
from segue_core.plugins import plugin_names

HEADER = """\
# Both nodes read this file. Made by `ros2 run segue policy info {policy} --contract`.
# Replace every {placeholder}...: the nodes refuse it. Topics are proposals: see which yours are.
"""


class _Inline(dict):
    """A map that stands in one line."""


class _Dumper(yaml.SafeDumper):
    """Lists and `_Inline` maps in one line; quotes what ROS takes for a boolean and PyYAML not."""


_Dumper.add_representer(_Inline, lambda to, value: to.represent_mapping(
    'tag:yaml.org,2002:map', value, flow_style=True))
_Dumper.add_representer(list, lambda to, value: to.represent_sequence(
    'tag:yaml.org,2002:seq', value, flow_style=True))
_Dumper.add_representer(str, lambda to, value: to.represent_scalar(
    'tag:yaml.org,2002:str', value, style="'" if value in ('y', 'Y', 'n', 'N') else None))


@dataclass(frozen=True, slots=True)
class Robot:
    """What a parameter file of this package knows of a robot.

    Attributes:
        name: Of its driver.
        contract: Its columns and topics.
        sections: Nodes of the robot's side -> their parameters.
    """

    name: str
    contract: Contract
    sections: Mapping[str, Any]


def robot_names() -> tuple[str, ...]:
    """Robots that have a parameter file in this package."""
    return tuple(name for name in plugin_names('segue.drivers') if _file(name).is_file())


def known_robot(name: str) -> Robot:
    """Read the parameter file of a robot.

    Raises:
        ParameterError: There is none.
    """
    if name not in robot_names():
        raise ParameterError(f'--robot must be one of {", ".join(robot_names())}; got {name!r}')
    sections = yaml.safe_load(_file(name).read_text())
    return Robot(name, contract_of(read_parameters(_file(name), 'robot_bridge')),
                 {node: sections[node] for node in ('robot_bridge', 'camera') if node in sections})


def contract_file(config: PolicyConfig, told: Requirements, robot: Robot | None) -> str:
    """The file's text.

    Args:
        config: The policy and how it shall be loaded.
        told: What it tells.
        robot: Whose names and topics are taken where they fit; None leaves placeholders.

    Raises:
        PolicyError: The robot has other columns than the policy makes.
    """
    rate = told.control_rate or (round(1e9 / robot.contract.step_ns, 3) if robot else 0.0)
    names, units = _columns(told, robot)
    inputs: dict[str, Any] = {}
    for feature in told.features:
        inputs |= _inputs(feature, robot)
    contract = {'control_rate': rate or f'{PLACEHOLDER}rate_in_Hz', 'observations': list(inputs),
                **inputs, 'actions': names, 'action_units': units}
    tree = {'/**': _section({'autostart': True, 'contract': contract}),
            'policy_node': _section(_policy(config, told)),
            **(robot.sections if robot else
               {'robot_bridge': _section({'driver': f'{PLACEHOLDER}driver'})})}
    notes = [f'# {" ".join(f.name.split())}: {f.kind}, {shape_text(f)}\n' for f in told.features]
    return (HEADER.format(policy=config.policy, placeholder=PLACEHOLDER) + ''.join(notes)
            + yaml.dump(tree, Dumper=_Dumper, sort_keys=False, default_flow_style=False,
                        width=1000))


def _policy(config: PolicyConfig, told: Requirements) -> dict[str, Any]:
    """Parameters of policy_node; of the policy's own those that are not the default."""
    section: dict[str, Any] = {'policy': config.policy, 'config': config.config,
                               'checkpoint': config.checkpoint, 'device': config.device}
    section = {name: value for name, value in section.items() if value}
    section['actions_per_chunk'] = told.horizon or f'{PLACEHOLDER}rows'
    own = {f.name: getattr(config.params, f.name) for f in table_fields(type(config.params))
           } if config.params else {}
    changed = {name: list(value) if isinstance(value, tuple) else value
               for name, value in own.items() if value != getattr(type(config.params)(), name)}
    return {**section, **({config.policy: changed} if changed else {})}


def _columns(told: Requirements, robot: Robot | None) -> tuple[list[str], list[str]]:
    if robot is None:
        names = list(told.action_names) or _placeholders('column', told.columns)
        return names, list(told.action_units) or _placeholders('unit', len(names), same=True)
    own = robot.contract
    if told.columns not in (0, len(own.action_names)):
        raise PolicyError(f'{robot.name} has {len(own.action_names)} action columns '
                          f'({", ".join(own.action_names)}), the policy makes {told.columns}; '
                          'leave --robot out and name the columns in the file')
    if told.action_names and set(told.action_names) != set(own.action_names):
        raise PolicyError(f'{robot.name} has the columns {", ".join(own.action_names)}, the policy '
                          f'makes {", ".join(told.action_names)}')
    names = list(told.action_names or own.action_names)
    units = dict(zip(own.action_names, own.action_units, strict=True))
    return names, list(told.action_units) or [units[name] for name in names]


def _inputs(feature: Feature, robot: Robot | None) -> dict[str, Any]:
    """Inputs that feed a feature: the robot's if they fit, else one of a likely topic."""
    own = [i for i in robot.contract.inputs if i.feature == feature.name] if robot else []
    if own and _fit(own, feature):
        return {i.name: _entry(i.topic, i.type, i.names, i.rotate,
                               feature='' if i.feature == i.name else i.feature) for i in own}
    name = re.sub(r'\W', '_', feature.name)
    other = feature.name if name != feature.name else ''
    if feature.kind == IMAGE:
        return {name: _entry(f'{name}/image_raw', IMAGE_MESSAGE, feature=other)}
    if feature.kind == VECTOR:
        joints = _placeholders('joint', sum(feature.shape))
        return {name: _entry('joint_states', JOINT_STATE, joints, feature=other)}
    return {name: _entry(name, f'{PLACEHOLDER}message_type', feature=other)}


def _fit(own: list[Input], feature: Feature) -> bool:
    if feature.kind == VECTOR:
        columns = sum(len(i.names) for i in own)
        return columns > 0 and feature.shape in ((), (columns,))
    return all((i.type in IMAGES) == (feature.kind == IMAGE) for i in own)


def _entry(topic: str, kind: str, names: Any = (), rotate: int = 0, *, feature: str = ''
           ) -> dict[str, Any]:
    facts = {'topic': topic, 'type': kind, 'feature': feature, 'names': list(names),
             'rotate': rotate}
    return _Inline({name: value for name, value in facts.items() if value})


def _placeholders(what: str, count: int, *, same: bool = False) -> list[str]:
    """So many names to be edited; one that says so when their number is not known."""
    if same:
        return [f'{PLACEHOLDER}{what}'] * count
    return [f'{PLACEHOLDER}{what}_{i + 1}' for i in range(count)] or [f'{PLACEHOLDER}each_{what}']


def _section(parameters: dict[str, Any]) -> dict[str, Any]:
    return {'ros__parameters': parameters}


def _file(robot: str) -> Any:
    return package_file('config', f'{robot}.yaml')
