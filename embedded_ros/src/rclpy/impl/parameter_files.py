"""Parameters from files for `--params-file` and values for `-p`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from embedded_ros import yaml_text
from rclpy._rclpy_pybind11 import RCLInvalidROSArgsError

_KEY = 'ros__parameters'


def load_parameter_file(path: str) -> dict[str, dict[str, Any]]:
    """Read a parameter file.

    Args:
        path: YAML file of node names (namespaces may nest), each with 'ros__parameters'.

    Returns:
        Values by parameter, by the node pattern they are for ('/ns/node', '/**', 'node').

    Raises:
        RCLInvalidROSArgsError: It cannot be read, or is not of that form.
    """
    try:
        text = Path(path).read_text(encoding='utf-8')
        return dict(_nodes(yaml_text.load_parameters(text), ''))
    except (OSError, ValueError, yaml.YAMLError) as error:
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
        return _checked(yaml_text.load_parameters(text))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def parameters_of(
    by_node: dict[str, dict[str, Any]], fully_qualified_name: str
) -> dict[str, Any]:
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


def _nodes(tree: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(tree, dict | None):
        raise ValueError(f"node '{name}' must hold '{_KEY}:', not the value {tree!r}")
    for key, value in (tree or {}).items():
        if key != _KEY:
            yield from _nodes(value, f'{name}/{key}'.replace('//', '/') if name else key)
        elif not name:
            raise ValueError(f"'{_KEY}' must be inside a node's name")
        elif not isinstance(value, dict | None):
            raise ValueError(f"'{_KEY}' of node '{name}' must hold names with values")
        else:
            yield name, dict(_parameters(value or {}, ''))


def _parameters(tree: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        name = f'{prefix}{key}'
        if isinstance(value, dict):
            yield from _parameters(value, f'{name}.')
            continue
        try:
            value = _checked(value)
        except ValueError as error:
            raise ValueError(f"parameter '{name}': {error}") from error
        if value is not None:
            yield name, value


def _checked(value: Any) -> Any:
    """A scalar or a list of one kind of them, None for an empty list."""
    values = value if isinstance(value, list) else [value]
    if any(isinstance(each, dict | list | None) for each in values):
        raise ValueError(f'{value!r} is neither a value nor a list of plain values')
    if len({type(each) for each in values}) > 1:
        raise ValueError(f'Sequence should be of same type, but holds {value!r}')
    return None if value == [] else value
