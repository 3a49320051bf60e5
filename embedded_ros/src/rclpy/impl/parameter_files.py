"""Values of parameters in YAML: files for `--params-file` and values for `-p`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rclpy._rclpy_pybind11 import RCLInvalidROSArgsError

# Parameter values by name, by the node pattern they are for ('/ns/node', '/**', 'node').
ParametersByNode = dict[str, dict[str, Any]]

_PARAMETERS_KEY = 'ros__parameters'
_TRUE = {'Y', 'y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'}
_FALSE = {'N', 'n', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'}
_INTEGER = re.compile(r'[-+]?(0[xX][0-9a-fA-F]+|[0-9]+)')
_FLOAT = re.compile(r'[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?')
_INFINITE = re.compile(r'[-+]?\.?(inf|Inf|INF|infinity)')
_NAN = re.compile(r'\.?(nan|NaN|NAN)')


def load_parameter_file(path: str) -> ParametersByNode:
    """Read a parameter file.

    Args:
        path: YAML file of node names (namespaces may nest), each with 'ros__parameters'.

    Raises:
        RCLInvalidROSArgsError: It cannot be read, or is not of that form.
    """
    try:
        with Path(path).open(encoding='utf-8') as file:
            root = yaml.compose(file, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RCLInvalidROSArgsError(f"cannot read parameter file '{path}': {error}") from error
    if root is None:
        return {}
    try:
        return dict(_nodes(root, ''))
    except ValueError as error:
        raise RCLInvalidROSArgsError(f"error in parameter file '{path}': {error}") from error


def parse_value(text: str) -> Any:
    """Value of a command-line parameter.

    Args:
        text: YAML, such as '1', '0.5', 'on', 'text' or '[1, 2]'.

    Returns:
        The value; None for an empty list, which has no type.

    Raises:
        ValueError: It is no value that a parameter can have.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    if node is None or isinstance(node, yaml.MappingNode):
        raise ValueError(f'{text!r} is neither a value nor a list of values')
    return _value(node)


def parameters_of(by_node: ParametersByNode, fully_qualified_name: str) -> dict[str, Any]:
    """Parameters for one node, later patterns over earlier ones.

    Args:
        by_node: Parameters by pattern; '*' stands for one token of a name, '**' for any number.
        fully_qualified_name: Such as '/arm/driver'.
    """
    found: dict[str, Any] = {}
    for pattern, parameters in by_node.items():
        absolute = pattern if pattern.startswith('/') else f'/{pattern}'
        if re.fullmatch(absolute.replace('/*', r'(/\w+)'), fully_qualified_name):
            found.update(parameters)
    return found


def merge(into: ParametersByNode, new: ParametersByNode) -> None:
    """Add parameters; a value replaces an earlier one of the same node and name."""
    for pattern, parameters in new.items():
        into.setdefault(pattern, {}).update(parameters)


def _nodes(mapping: yaml.Node, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in _items(mapping, 'node names'):
        if key == _PARAMETERS_KEY:
            if not prefix:
                raise ValueError(f"line {_line(value)}: '{key}' must be inside a node's name")
            yield prefix, dict(_parameters(value, ''))
        else:
            name = f'{prefix}/{key}'.replace('//', '/') if prefix else key
            if not isinstance(value, yaml.MappingNode):
                raise ValueError(
                    f"line {_line(value)}: node '{name}' must hold '{_PARAMETERS_KEY}:', "
                    f'not a value'
                )
            yield from _nodes(value, name)


def _parameters(mapping: yaml.Node, prefix: str) -> Iterator[tuple[str, Any]]:
    for key, node in _items(mapping, 'parameter names'):
        name = f'{prefix}{key}'
        if isinstance(node, yaml.MappingNode):
            yield from _parameters(node, f'{name}.')
            continue
        try:
            value = _value(node)
        except ValueError as error:
            raise ValueError(f"parameter '{name}': {error}") from error
        if value is not None:
            yield name, value


def _items(mapping: yaml.Node, what: str) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(mapping, yaml.ScalarNode) and mapping.value in ('', 'null', '~'):
        return
    if not isinstance(mapping, yaml.MappingNode):
        raise ValueError(f'line {_line(mapping)}: expected {what} with values')
    for key, value in mapping.value:
        yield key.value, value


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    values = [_scalar(item) for item in node.value if isinstance(item, yaml.ScalarNode)]
    if len(values) != len(node.value):
        raise ValueError(f'line {_line(node)}: a list must hold plain values')
    if len({type(value) for value in values}) > 1:
        raise ValueError(
            f'line {_line(node)}: Sequence should be of same type, but holds '
            + ', '.join(f'{value!r}' for value in values)
        )
    return values or None


def _scalar(node: yaml.ScalarNode) -> bool | int | float | str:
    """Value of a scalar, by the rules of rcl_yaml_param_parser."""
    text = node.value
    is_quoted = node.style in ("'", '"')
    if not is_quoted and not text:
        raise ValueError(f'line {_line(node)}: No value')
    if is_quoted or node.tag == 'tag:yaml.org,2002:str' and _has_explicit_tag(node):
        return text
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        digits = text.lstrip('+-')
        base = 16 if digits[:2] in ('0x', '0X') else 8 if digits[0] == '0' else 10
        try:
            return int(text, base)
        except ValueError:  # such as 08
            return float(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return -math.inf if text.startswith('-') else math.inf
    return math.nan if _NAN.fullmatch(text) else text


def _has_explicit_tag(node: yaml.ScalarNode) -> bool:
    """Whether '!!str' was written: the span of the node then begins before its text."""
    return node.start_mark.buffer is not None and node.start_mark.buffer[
        node.start_mark.pointer :
    ].startswith('!')


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
