"""Plans: how high to carry, where to let go, and when a placement is done."""

import numpy as np
import pytest
from expert_world import FakeWorld, box
from scipy.spatial.transform import Rotation

from policy_node.policies.expert.plan import CARRY_CLEARANCE, DROP_HEIGHT, is_done, make_plan
from policy_node.policies.expert.world import World

RIM = 0.1
"""Height of the basket's rim in FakeWorld [m]."""


def world(fake):
    return World.from_features(fake.features())


def plan(fake):
    seen = world(fake)
    return make_plan(seen, seen.goal[0])


def test_thing_is_let_go_above_the_rim_of_a_container():
    assert plan(FakeWorld()).release_height == pytest.approx(RIM + DROP_HEIGHT)


def test_thing_is_carried_clear_of_everything_on_its_way():
    free = plan(FakeWorld())
    tower, aside = FakeWorld(), FakeWorld()
    for fake, x in ((tower, 0.025), (aside, 0.5)):
        fake.shapes['tower_1'] = box(0.01, 0.01, 0.15)
        fake.positions['tower_1'] = np.array([x, 0.05, 0.15])
    hanging = free.grasp[2]
    assert free.carry_height == pytest.approx(RIM + hanging + CARRY_CLEARANCE)
    assert plan(tower).carry_height == pytest.approx(0.3 + hanging + CARRY_CLEARANCE)
    assert plan(aside).carry_height == pytest.approx(free.carry_height)


def test_thing_is_set_down_on_a_body_by_its_lowest_point():
    fake = FakeWorld('(and (on soup_1 basket_1))')
    made = plan(fake)
    hanging = made.grasp[2]     # the soup stands at height 0
    assert RIM < made.release_height - hanging < RIM + 0.02


def test_hand_points_down_and_turns_as_little_as_possible():
    made = plan(FakeWorld())
    assert made.hand.apply([0, 0, 1]) == pytest.approx([0, 0, -1])
    assert (made.hand * Rotation.from_quat([1, 0, 0, 0]).inv()).magnitude() <= np.pi / 2 + 1e-9


@pytest.mark.parametrize(('offset', 'done'), [
    ([0, 0, 0], True), ([0.06, 0.06, 0], True), ([0.08, 0, 0], False), ([0, 0, 0.06], False)])
def test_placement_in_a_region_is_done_inside_its_box(offset, done):
    fake = FakeWorld()
    fake.positions['soup_1'] = fake.positions['basket_1'] + offset
    seen = world(fake)
    assert is_done(seen, seen.goal[0]) is done


@pytest.mark.parametrize(('offset', 'done'), [
    ([0.02, 0, 0.05], True), ([0.04, 0, 0.05], False), ([0, 0, -0.01], False)])
def test_placement_on_a_body_is_done_over_its_middle(offset, done):
    fake = FakeWorld('(and (on soup_1 basket_1))')
    fake.positions['soup_1'] = fake.positions['basket_1'] + offset
    seen = world(fake)
    assert is_done(seen, seen.goal[0]) is done
