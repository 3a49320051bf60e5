"""The arguments between `--ros-args` and `--`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rclpy._rclpy_pybind11 import RCLInvalidROSArgsError, UnknownROSArgsError
from rclpy.impl.logging_severity import LoggingSeverity
from rclpy.impl.names import (
    expand_topic_name,
    invalid_namespace,
    invalid_node_name,
    invalid_topic_name,
)
from rclpy.impl.parameter_files import load_parameter_file, parameters_of, parse_value

_REMAP = re.compile(r'(?:(?P<node>\w+):(?!/|=))?(?P<match>.+?):=(?P<replacement>.*)')
_PARAMETER = re.compile(r'(?:(?P<node>[^:=]+):)?(?P<name>[^:]+?):=(?P<value>.*)', re.DOTALL)
_LOG_LEVEL = re.compile(r'(?:(?P<logger>.+?):=)?(?P<level>\w+)')
_OUTPUT = re.compile(r'--(?P<switch>enable|disable)-(?P<output>rosout|stdout|external-lib)-logs')
_UNSUPPORTED = ('-e', '--enclave', '--log-config-file')

# What a remap rule renames.
NODE, NAMESPACE, TOPIC, SERVICE, ANY_NAME = '__node', '__ns', 'rostopic', 'rosservice', ''


@dataclass(frozen=True)
class RemapRule:
    """`[node:]match:=replacement`."""

    renames: str
    match: str
    replacement: str
    node: str | None  # None: every node

    def applies(self, renames: str, node_name: str) -> bool:
        """Whether the rule is of a kind and for a node."""
        is_kind = self.renames == renames or (
            self.renames == ANY_NAME and renames in (TOPIC, SERVICE)
        )
        return is_kind and self.node in (None, node_name)


@dataclass
class RosArguments:
    """What the arguments say."""

    remaps: list[RemapRule] = field(default_factory=list)
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)  # by node pattern
    log_levels: dict[str, LoggingSeverity] = field(default_factory=dict)  # '': default level
    outputs: dict[str, bool] = field(default_factory=dict)  # of logs; on if not named

    def add_parameters(self, by_node: dict[str, dict[str, Any]]) -> None:
        """Add parameters; a value replaces an earlier one of the same node and name."""
        for pattern, parameters in by_node.items():
            self.parameters.setdefault(pattern, {}).update(parameters)


def parse_arguments(args: Sequence[str]) -> RosArguments:
    """Read the ROS arguments of a command line.

    Args:
        args: The whole command line; what does not follow `--ros-args` is left alone.

    Raises:
        RCLInvalidROSArgsError: An argument has an error.
        UnknownROSArgsError: An argument is not known.
    """
    found, unknown = RosArguments(), []
    rest = iter(split_arguments(args)[0])
    for argument in rest:
        if output := _OUTPUT.fullmatch(argument):
            found.outputs[output['output']] = output['switch'] == 'enable'
        elif argument in _OPTIONS or argument in _UNSUPPORTED:
            value = next(rest, None)
            if value is None:
                raise RCLInvalidROSArgsError(
                    f"Couldn't parse trailing {argument} flag. No value found."
                )
            if argument in _UNSUPPORTED:
                raise NotImplementedError(f"ROS argument '{argument} {value}' needs a real ROS 2")
            _OPTIONS[argument](found, value)
        else:
            unknown.append(argument)
    if unknown:
        known = ', '.join([*_OPTIONS, '--enable-rosout-logs', '--disable-rosout-logs', '...'])
        raise UnknownROSArgsError(f'{unknown!r}; the known ROS arguments are {known}')
    return found


def split_arguments(args: Sequence[str]) -> tuple[list[str], list[str]]:
    """The ROS arguments of a command line, and the others."""
    ros: list[str] = []
    others: list[str] = []
    current = others
    for argument in args:
        if argument == '--ros-args':
            current = ros
        elif argument == '--' and current is ros:
            current = others
        else:
            current.append(argument)
    return ros, others


def remap_node(rules: Iterable[RemapRule], renames: str, node_name: str) -> str | None:
    """New name (NODE) or namespace (NAMESPACE) of a node, None to keep it."""
    return next((rule.replacement for rule in rules if rule.applies(renames, node_name)), None)


def remap_name(
    rules: Iterable[RemapRule], renames: str, name: str, node_name: str, namespace: str
) -> str:
    """Name of a topic or service after remapping.

    Args:
        rules: Rules, the first that matches counts.
        renames: TOPIC or SERVICE.
        name: Expanded name.
        node_name: Name of the node that uses it, after its own remapping.
        namespace: Namespace of that node.
    """
    for rule in rules:
        if (
            rule.applies(renames, node_name)
            and expand_topic_name(rule.match, node_name, namespace) == name
        ):
            return expand_topic_name(rule.replacement, node_name, namespace)
    return name


def parameter_overrides(
    arguments: Iterable[RosArguments], fully_qualified_name: str
) -> dict[str, Any]:
    """Values that the arguments give to a node's parameters, later arguments over earlier."""
    found: dict[str, Any] = {}
    for each in arguments:
        found.update(parameters_of(each.parameters, fully_qualified_name))
    return found


def _add_remap(found: RosArguments, text: str) -> None:
    matched = _REMAP.fullmatch(text)
    if not matched:
        raise _invalid('remap rule', text, 'expected [node:]from:=to')
    match, replacement = matched['match'], matched['replacement']
    renames = ANY_NAME
    if match in ('__node', '__name'):
        renames, problem = NODE, invalid_node_name(replacement)
    elif match == '__ns':
        renames, problem = NAMESPACE, invalid_namespace(replacement)
    else:
        for kind in (TOPIC, SERVICE):
            if match.startswith(f'{kind}://'):
                renames, match = kind, match.removeprefix(f'{kind}://')
            replacement = replacement.removeprefix(f'{kind}://')
        problem = invalid_topic_name(match) or invalid_topic_name(replacement)
    if problem:
        raise _invalid('remap rule', text, problem[0])
    found.remaps.append(RemapRule(renames, match, replacement, matched['node']))


def _add_parameter(found: RosArguments, text: str) -> None:
    matched = _PARAMETER.fullmatch(text)
    if not matched:
        raise _invalid('parameter override rule', text, 'expected [node:]name:=value')
    try:
        value = parse_value(matched['value'])
    except ValueError as error:
        raise _invalid('parameter override rule', text, str(error)) from error
    if value is not None:
        found.add_parameters({matched['node'] or '/**': {matched['name']: value}})


def _add_parameter_file(found: RosArguments, path: str) -> None:
    found.add_parameters(load_parameter_file(path))


def _add_log_level(found: RosArguments, text: str) -> None:
    matched = _LOG_LEVEL.fullmatch(text)
    levels = LoggingSeverity.__members__
    if not matched or matched['level'].upper() not in levels:
        choices = ', '.join(levels).lower()
        raise _invalid('log level', text, f'expected [logger:=]level, with a level of {choices}')
    found.log_levels[matched['logger'] or ''] = levels[matched['level'].upper()]


def _invalid(what: str, text: str, problem: str) -> RCLInvalidROSArgsError:
    return RCLInvalidROSArgsError(f"Couldn't parse {what}: '{text}'. Error: {problem}")


_OPTIONS = {
    '-p': _add_parameter, '--param': _add_parameter,
    '-r': _add_remap, '--remap': _add_remap,
    '--params-file': _add_parameter_file, '--log-level': _add_log_level,
}  # fmt: skip
