"""Goals: LIBERO's predicates as placements, and what is refused."""

import pytest

from policy_node.policies.expert.goal import Placement, parse_goal
from policy_node.policy import PolicyError


def test_placements_come_in_the_order_of_the_goal():
    assert parse_goal('(and (in soup_1 basket_1_contain_region) (on mug_1 plate_1))') == (
        Placement('in', 'soup_1', 'basket_1_contain_region'), Placement('on', 'mug_1', 'plate_1'))


def test_spaces_and_capitals_do_not_matter():
    assert parse_goal(' ( and ( On mug_1  plate_1 ) ) ') == (Placement('on', 'mug_1', 'plate_1'),)


@pytest.mark.parametrize('predicate', ['turnon flat_stove_1', 'open drawer_1 top_region', 'in a_1'])
def test_predicate_that_is_no_placement_is_refused_by_name(predicate):
    with pytest.raises(PolicyError, match=rf'cannot do \({predicate}\).*\(in thing target\)'):
        parse_goal(f'(and (on mug_1 plate_1) ({predicate}))')


@pytest.mark.parametrize('text', ['', '(and)', '(or (in a_1 b_1))', 'in a_1 b_1',
                                  '(and (in a_1 b_1)'])
def test_text_that_is_no_goal_is_refused_with_the_form_expected(text):
    with pytest.raises(PolicyError, match='not of the form'):
        parse_goal(text)
