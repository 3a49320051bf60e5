"""The arguments between `--ros-args` and `--`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from rclpy._rclpy_pybind11 import RCLInvalidROSArgsError, UnknownROSArgsError
from rclpy.impl import names
from rclpy.impl.logging_severity import LoggingSeverity
from rclpy.impl.parameter_files import (
    ParametersByNode,
    load_parameter_file,
    merge,
    parameters_of,
    parse_value,
)

_BEGIN, _END = '--ros-args', '--'
_REMAP = re.compile(r'(?:(?P<node>\w+):(?!/|=))?(?P<match>.+?):=(?P<replacement>.*)')
_PARAMETER = re.compile(r'(?:(?P<node>[^:=]+):)?(?P<name>[^:]+?):=(?P<value>.*)', re.DOTALL)
_LOG_LEVEL = re.compile(r'(?:(?P<logger>.+?):=)?(?P<level>\w+)')
_SCHEMES = ('rostopic://', 'rosservice://')


class Renames(Enum):
    """What a remap rule applies to."""

    NODE = 'node name'
    NAMESPACE = 'namespace'
    TOPIC = 'topic'
    SERVICE = 'service'
    TOPIC_OR_SERVICE = 'topic or service'


@dataclass(frozen=True)
class RemapRule:
    """`[node:]match:=replacement`."""

    renames: Renames
    match: str
    replacement: str
    node: str | None  # None: every node

    def applies(self, renames: Renames, node_name: str) -> bool:
        """Whether the rule is of a kind and for a node."""
        kinds = {renames}
        if renames in (Renames.TOPIC, Renames.SERVICE):
            kinds.add(Renames.TOPIC_OR_SERVICE)
        return self.renames in kinds and self.node in (None, node_name)


@dataclass
class RosArguments:
    """What the arguments say."""

    remaps: list[RemapRule] = field(default_factory=list)
    parameters: ParametersByNode = field(default_factory=dict)
    log_levels: dict[str, LoggingSeverity] = field(default_factory=dict)  # '': default level
    rosout_logs: bool = True
    stdout_logs: bool = True


def parse_arguments(args: Sequence[str]) -> RosArguments:
    """Read the ROS arguments of a command line.

    Args:
        args: The whole command line; what does not follow `--ros-args` is left alone.

    Raises:
        RCLInvalidROSArgsError: An argument has an error.
        UnknownROSArgsError: An argument is not known.
    """
    found, unknown = RosArguments(), []
    for section in _sections(args):
        rest = iter(section)
        for argument in rest:
            if argument in _FLAGS:
                _FLAGS[argument](found)
            elif argument in _OPTIONS:
                value = next(rest, None)
                if value is None:
                    raise RCLInvalidROSArgsError(
                        f"Couldn't parse trailing {argument} flag. No value found."
                    )
                _OPTIONS[argument](found, value)
            else:
                unknown.append(argument)
    if unknown:
        raise UnknownROSArgsError(
            f'{unknown!r}; the known ROS arguments are {", ".join([*_OPTIONS, *_FLAGS])}'
        )
    return found


def remove_arguments(args: Sequence[str]) -> list[str]:
    """Command line without its ROS arguments."""
    left, in_section = [], False
    for argument in args:
        if argument == _BEGIN:
            in_section = True
        elif in_section and argument == _END:
            in_section = False
        elif not in_section:
            left.append(argument)
    return left


def remap_node(rules: Iterable[RemapRule], renames: Renames, node_name: str) -> str | None:
    """New name or namespace of a node, None to keep it."""
    return next((rule.replacement for rule in rules if rule.applies(renames, node_name)), None)


def remap_name(
    rules: Iterable[RemapRule], renames: Renames, name: str, node_name: str, namespace: str
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
        if rule.applies(renames, node_name):
            if names.expand(rule.match, node_name, namespace) == name:
                return names.expand(rule.replacement, node_name, namespace)
    return name


def parameter_overrides(
    arguments: Iterable[RosArguments], fully_qualified_name: str
) -> dict[str, Any]:
    """Values that the arguments give to a node's parameters, later arguments over earlier."""
    found: dict[str, Any] = {}
    for each in arguments:
        found.update(parameters_of(each.parameters, fully_qualified_name))
    return found


def _sections(args: Sequence[str]) -> Iterator[list[str]]:
    section: list[str] | None = None
    for argument in args:
        if argument == _BEGIN:
            if section:
                yield section
            section = []
        elif argument == _END and section is not None:
            yield section
            section = None
        elif section is not None:
            section.append(argument)
    if section:
        yield section


def _add_remap(found: RosArguments, text: str) -> None:
    matched = _REMAP.fullmatch(text)
    if not matched:
        raise _invalid('remap rule', text, 'expected [node:]from:=to')
    match, replacement = matched['match'], matched['replacement']
    renames = Renames.TOPIC_OR_SERVICE
    if match in ('__node', '__name'):
        renames, problem = Renames.NODE, names.invalid_node_name(replacement)
    elif match == '__ns':
        renames, problem = Renames.NAMESPACE, names.invalid_namespace(replacement)
    else:
        for scheme, kind in zip(_SCHEMES, (Renames.TOPIC, Renames.SERVICE), strict=True):
            if match.startswith(scheme):
                renames, match = kind, match[len(scheme) :]
            replacement = replacement.removeprefix(scheme)
        problem = names.invalid_topic_name(match) or names.invalid_topic_name(replacement)
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
        merge(found.parameters, {matched['node'] or '/**': {matched['name']: value}})


def _add_parameter_file(found: RosArguments, path: str) -> None:
    merge(found.parameters, load_parameter_file(path))


def _add_log_level(found: RosArguments, text: str) -> None:
    matched = _LOG_LEVEL.fullmatch(text)
    levels = {level.name: level for level in LoggingSeverity}
    if not matched or matched['level'].upper() not in levels:
        choices = ', '.join(name.lower() for name in levels)
        raise _invalid('log level', text, f'expected [logger:=]level, with a level of {choices}')
    found.log_levels[matched['logger'] or ''] = levels[matched['level'].upper()]


def _unsupported(option: str) -> Callable[[RosArguments, str], None]:
    def refuse(found: RosArguments, value: str) -> None:
        raise NotImplementedError(f"ROS argument '{option} {value}' needs a real ROS 2")

    return refuse


def _switch(name: str, value: bool) -> Callable[[RosArguments], None]:
    return lambda found: setattr(found, name, value)


def _ignore(found: RosArguments) -> None:
    """Accept a switch of the external logging library: logs go to the console and to /rosout."""


def _invalid(what: str, text: str, problem: str) -> RCLInvalidROSArgsError:
    return RCLInvalidROSArgsError(f"Couldn't parse {what}: '{text}'. Error: {problem}")


_OPTIONS: dict[str, Callable[[RosArguments, str], None]] = {
    '-p': _add_parameter,
    '--param': _add_parameter,
    '-r': _add_remap,
    '--remap': _add_remap,
    '--params-file': _add_parameter_file,
    '--log-level': _add_log_level,
    '-e': _unsupported('--enclave'),
    '--enclave': _unsupported('--enclave'),
    '--log-config-file': _unsupported('--log-config-file'),
}
_FLAGS: dict[str, Callable[[RosArguments], None]] = {
    '--enable-rosout-logs': _switch('rosout_logs', True),
    '--disable-rosout-logs': _switch('rosout_logs', False),
    '--enable-stdout-logs': _switch('stdout_logs', True),
    '--disable-stdout-logs': _switch('stdout_logs', False),
    '--enable-external-lib-logs': _ignore,
    '--disable-external-lib-logs': _ignore,
}
