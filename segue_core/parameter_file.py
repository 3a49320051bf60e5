"""What a ROS parameter file says, for programs that are not nodes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from segue_core.contract import Contract, ContractParams, InputParams
from segue_core.parameters import ParameterError, build, table_fields

T = TypeVar('T')


def read_parameters(file: Path, node: str) -> dict[str, Any]:
    """Parameters of a node, its own after those of all nodes: full name -> value.

    Raises:
        ParameterError: The file cannot be read.
    """
    try:
        sections = yaml.safe_load(file.read_text())
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ParameterError(f'{file} cannot be read: {error}') from error
    if not isinstance(sections, dict):
        raise ParameterError(f'{file} is no parameter file: it has no sections')
    given: dict[str, Any] = {}
    for section in ('/**', node):
        nodes = sections.get(section) or {}
        tree = (nodes.get('ros__parameters') if isinstance(nodes, dict) else nodes) or {}
        if not isinstance(tree, dict):
            raise ParameterError(f'{file}: {section} must hold ros__parameters with a name before '
                                 f'each value, got {tree!r}')
        given |= _flat(tree)
    return given


def table_of(table: type[T], given: Mapping[str, Any], prefix: str = '') -> T:
    """Make a table of those parameters that are its own.

    Raises:
        ParameterError: A value does not fit.
    """
    return build(table, {f.name: given[prefix + f.name] for f in table_fields(table)
                         if prefix + f.name in given}, prefix)


def contract_of(given: Mapping[str, Any]) -> Contract:
    """Make the contract of the parameters ``contract.*``.

    Raises:
        ParameterError: A value does not fit.
    """
    params = table_of(ContractParams, given, 'contract.')
    return Contract.from_params(params, {
        name: table_of(InputParams, given, f'contract.{name}.') for name in params.observations})


def _flat(tree: Mapping[str, Any], prefix: str = '') -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f'{prefix}{name}.')
        else:
            flat[f'{prefix}{name}'] = value
    return flat
