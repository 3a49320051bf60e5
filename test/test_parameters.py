"""Parameter tables: wrong types, ranges, choices and names are refused with a remedy."""

from dataclasses import dataclass

import pytest

from policy_node.parameters import PolicyParams
from segue_core.parameters import (
    ParameterError,
    build,
    describe,
    param,
    refuse_unknown,
    table_fields,
)


@dataclass(frozen=True, kw_only=True)
class Table:
    rate: float = param(30.0, 'Control rate.', unit='Hz', low=1.0, high=100.0)
    merge: str = param('average', 'How to merge.', choices=('average', 'latest_only'))
    names: tuple[str, ...] = param((), 'Names.')
    count: int = param(1, 'Count.', low=0, high=9)


@pytest.mark.parametrize(('given', 'message'), [
    ({'rate': 200.0}, r'x\.rate must be within 1\.0\.\.100\.0 Hz, got 200'),
    ({'rate': 20}, r'x\.rate must be a float such as 30\.0, got 20'),
    ({'count': True}, r'x\.count must be a whole number such as 1, got True'),
    ({'merge': 'averag'}, r"one of average, latest_only; got 'averag' \(did you mean average\?\)"),
    ({'names': 'a'}, r'x\.names must be a list'),
])
def test_unusable_value_is_refused_by_name(given, message):
    with pytest.raises(ParameterError, match=message):
        build(Table, given, 'x.')


def test_missing_values_take_their_default_and_lists_become_tuples():
    assert build(Table, {'names': ['a', 'b']}) == Table(names=('a', 'b'))


def test_misspelt_name_is_refused_with_what_it_may_have_meant():
    with pytest.raises(ParameterError, match=r'unknown parameter rat \(did you mean rate\?\)'):
        refuse_unknown(['rate', 'rat'], ['rate', 'merge'])


def test_description_names_unit_and_choices():
    rate, merge, *_ = table_fields(Table)
    assert describe(rate) == 'Control rate. [Hz]'
    assert describe(merge) == 'How to merge. One of: average, latest_only.'


@pytest.mark.parametrize('robots', [['a', 'a'], ['a', '/a'], [''], ['/'], [1]])
def test_robots_that_cannot_be_told_apart_are_refused(robots):
    with pytest.raises(ParameterError, match='robots must be namespaces, each another one'):
        build(PolicyParams, {'robots': robots})
