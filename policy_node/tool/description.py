"""What a policy needs and makes, as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field
from typing import Any

from policy_node.policy import VECTOR, Feature, Requirements
from segue_core.parameters import table_fields


def requirements_text(told: Requirements) -> str:
    """What a checkpoint or server tells of itself, one fact a line."""
    return '\n'.join(f'{name:<12}{text}' for name, text in _facts(told))


def parameters_text(policy: str, table: type[Any] | None, params: Any) -> str:
    """The policy's own parameters.

    Args:
        policy: Its name, which they begin with.
        table: Its ``Params``; None without parameters.
        params: Values that were given; None for the defaults.
    """
    if table is None:
        return 'parameters: none'
    shown = params or table()
    lines = [_parameter(policy, f, getattr(shown, f.name)) for f in table_fields(table)]
    return '\n'.join(['parameters', *lines])


def shape_text(feature: Feature) -> str:
    """Size of a feature."""
    if not feature.shape:
        return 'size not told'
    if feature.kind == VECTOR:
        return f'{feature.shape[0]} values'
    return f'{feature.shape[1]} x {feature.shape[0]} px RGB'


def _facts(told: Requirements) -> Iterator[tuple[str, str]]:
    width = max((len(f.name) for f in told.features), default=0)
    for number, feature in enumerate(told.features):
        yield ('' if number else 'features',
               f'{feature.name:<{width}}  {feature.kind}, {shape_text(feature)}')
    names, units = ' '.join(told.action_names), ' '.join(dict.fromkeys(told.action_units))
    yield 'actions', (f'{told.columns} columns: {names or "names not told"} '
                      f'[{units or "units not told"}]' if told.columns else 'columns not told')
    rate, rows = told.control_rate, told.horizon
    yield 'horizon', (f'{rows} rows{f", {rows / rate:.2f} s" if rate else ""}' if rows else
                      'not told')
    yield 'rate', f'{rate:g} Hz' if rate else 'not told'
    yield 'prefix', told.prefix or 'cannot continue queued rows'
    yield 'batches', 'several robots at once' if told.batches else 'one request at a time'
    yield 'subtasks', 'yes' if told.subtasks else 'no'
    for number, note in enumerate(told.notes):
        yield '' if number else 'notes', note


def _parameter(policy: str, f: Field[Any], value: Any) -> str:
    meta = f.metadata
    shown = list(value) if isinstance(value, tuple) else value
    bounds = '' if meta['low'] is None else f'{meta["low"]}..{meta["high"]}'
    limits = ' | '.join(repr(c) for c in meta['choices']) or bounds
    kind = {'tuple': 'list', 'str': 'text'}.get(type(value).__name__, type(value).__name__)
    facts = ', '.join(filter(None, (kind, limits, meta['unit'] and f'[{meta["unit"]}]')))
    return f'  {policy}.{f.name} = {shown!r}  ({facts})\n      {meta["doc"]}'
