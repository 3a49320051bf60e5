"""YAML as ROS reads and writes it: keys are names, so 'y' and 'on' are not booleans there."""

from __future__ import annotations

import re
from typing import IO, Any

import yaml

_TAG = 'tag:yaml.org,2002:'
_BOOLS = {'true': True, 'yes': True, 'on': True, 'y': True,
          'false': False, 'no': False, 'off': False, 'n': False}  # fmt: skip
_INT64 = range(-(2**63), 2**63)


class _TextKeys(yaml.SafeLoader):
    """Safe YAML whose plain keys stay text."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        node.value = [
            (yaml.ScalarNode(f'{_TAG}str', key.value, key.start_mark), value)
            if isinstance(key, yaml.ScalarNode)
            else (key, value)
            for key, value in node.value
        ]


class _ParameterLoader(_TextKeys):
    """YAML as rcl_yaml_param_parser reads it: 'y' is true, '1e3' a float, no dates, no null."""


class _ParameterDumper(yaml.SafeDumper):
    """Quotes each text that either loader would take for something else."""


_ParameterLoader.yaml_implicit_resolvers = {}
for _name, _pattern in {
    'bool': '|'.join(f'{text}|{text.capitalize()}|{text.upper()}' for text in _BOOLS),
    'int': r'[-+]?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)',
    'float': r'[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?'
             r'|[-+]?\.?(inf|Inf|INF|infinity)|\.?(nan|NaN|NAN)',
    'null': '',
}.items():  # fmt: skip
    for _class in (_ParameterLoader, _ParameterDumper):
        _class.add_implicit_resolver(f'{_TAG}{_name}', re.compile(f'({_pattern})$'), None)


_ParameterLoader.add_constructor(f'{_TAG}bool', lambda _, node: _BOOLS[node.value.lower()])
_ParameterLoader.add_constructor(
    f'{_TAG}int', lambda loader, node: fit_integer(loader.construct_yaml_int(node))
)


def fit_integer(value: int) -> int | float:
    """An integer parameter's value: a float if 64 bits cannot hold it."""
    return value if value in _INT64 else float(str(value))


def load(text: str) -> Any:
    """Content of YAML such as the values of a message.

    Raises:
        yaml.YAMLError: It is no YAML.
    """
    return yaml.load(text, _TextKeys)


def load_parameters(text: str) -> Any:
    """Content of YAML whose values are those of parameters, by the rules of nodes.

    Raises:
        yaml.YAMLError: It is no YAML.
        ValueError: A number is not readable.
    """
    return yaml.load(text, _ParameterLoader)


def dump_parameters(content: Any, stream: IO[str] | None = None, **options: Any) -> str | None:
    """YAML that `load_parameters` reads back; written to the stream if there is one, else returned.

    Args:
        content: Parameters, or the value of one.
        stream: Text file to write to.
        options: Options of `yaml.dump`.
    """
    return yaml.dump(content, stream, _ParameterDumper, **options)
