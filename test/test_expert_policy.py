"""The expert as a policy: it does the task in chunks, whatever the delay, and sees its mistakes."""

from dataclasses import replace

import numpy as np
import pytest
from expert_world import NAMES, FakeWorld, drive, expert, two_things

from policy_node.policies.expert import ExpertPolicy
from policy_node.policy import Decoding, PolicyConfig, PolicyError

NO_PREFIX = np.empty((0, 7))


@pytest.mark.parametrize('delay', [0, 2, 4])
def test_thing_comes_into_the_basket(delay):
    world = FakeWorld()
    drive(world, expert(), delay=delay, done=lambda w: w.in_basket('soup_1') and not w.held)
    assert world.in_basket('soup_1')
    assert not world.held


@pytest.mark.parametrize('rows', [1, 3, 50])
def test_any_chunk_length_does_the_task(rows):
    world = FakeWorld()
    drive(world, expert(rows), rows=rows, done=lambda w: w.in_basket('soup_1') and not w.held)
    assert world.in_basket('soup_1')


def test_several_things_are_placed_one_after_another():
    world = two_things()
    drive(world, expert(), done=lambda w: w.in_basket('soup_1') and w.in_basket('milk_1'))
    assert world.in_basket('soup_1')
    assert world.in_basket('milk_1')


def test_thing_that_was_dropped_is_picked_up_again():
    world = FakeWorld()
    world.drop_at = 0.15
    drive(world, expert(), done=lambda w: w.in_basket('soup_1') and not w.held)
    assert world.drop_at is None
    assert world.in_basket('soup_1')


def test_thing_that_was_moved_before_the_grasp_is_found_again():
    world, policy = FakeWorld(), expert()
    for action in policy.infer(world.observe(), NO_PREFIX, 0).actions:
        world.step(action)
    world.positions['soup_1'] += [0.05, 0.03, 0]
    policy.infer(world.observe(16), NO_PREFIX, 0)
    drive(world, policy, done=lambda w: w.in_basket('soup_1') and not w.held)
    assert world.in_basket('soup_1')


def test_overlapping_chunks_agree_when_the_world_does_what_the_model_says():
    world, policy = FakeWorld(), expert()
    for begin in range(0, 48, 8):
        first = policy.infer(world.observe(begin), NO_PREFIX, 0).actions
        for action in first[:8]:
            world.step(action)
        second = policy.infer(world.observe(begin + 8), NO_PREFIX, 0).actions
        assert second[:8] == pytest.approx(first[8:], abs=1e-9)


def test_rows_that_will_be_executed_before_the_chunk_arrives_are_kept():
    world, policy = FakeWorld(), expert()
    prefix = np.full((8, 7), 0.25)
    prediction = policy.infer(world.observe(), prefix, 2.3)
    assert prediction.frozen_rows == 3
    assert (prediction.actions[:3] == 0.25).all()
    assert not (prediction.actions[3] == 0.25).all()


def test_motion_changes_gently_from_row_to_row():
    executed = np.array(drive(FakeWorld(), expert(), steps=150))
    assert np.abs(np.diff(executed[:, :6], axis=0)).max() < 0.31
    assert np.abs(executed).max() <= 1


def test_same_observations_give_the_same_chunks_after_a_reset():
    policy = expert()
    first = policy.infer(FakeWorld().observe(), NO_PREFIX, 0).actions
    policy.infer(FakeWorld(soup_1=(0.1, -0.1)).observe(8), NO_PREFIX, 0)
    policy.reset('')
    assert (policy.infer(FakeWorld().observe(), NO_PREFIX, 0).actions == first).all()


def test_nothing_moves_when_the_goal_is_reached():
    world = FakeWorld()
    world.positions['soup_1'] = world.positions['basket_1'].copy()
    prediction = expert().infer(world.observe(), NO_PREFIX, 0)
    assert (prediction.actions[:, :6] == 0).all()
    assert (prediction.actions[:, 6] == -1).all()


def test_subtask_is_the_placement_as_an_instruction():
    prediction = expert().infer(FakeWorld().observe(), NO_PREFIX, 0)
    assert prediction.subtask == 'pick up the soup and place it in the basket'


def next_subtask(world, policy):
    return policy.subtask(world.observe(), Decoding(), lambda: None).text


def test_next_subtask_is_the_first_placement_that_is_not_done():
    world, policy, said = two_things(), expert(), []
    for thing in ('soup_1', 'milk_1', 'milk_1'):
        said.append(next_subtask(world, policy))
        world.positions[thing] = world.positions['basket_1'].copy()
    assert said == [f'pick up the {thing} and place it in the basket'
                    for thing in ('soup', 'milk', 'milk')]


def test_told_a_subtask_it_does_that_one_and_waits():
    world, policy = two_things(), expert()
    milk = replace(world.observe(), subtask='pick up the milk and place it in the basket')

    class Told:
        def infer(self, observation, prefix, delay):
            return policy.infer(replace(observation, subtask=milk.subtask), prefix, delay)
    executed = drive(world, Told(), steps=300)
    assert world.in_basket('milk_1') and not world.in_basket('soup_1')
    assert (executed[-1][:6] == 0).all()
    assert next_subtask(world, policy) == 'pick up the soup and place it in the basket'


def test_subtask_that_is_no_part_of_the_goal_is_refused():
    odd = replace(FakeWorld().observe(), subtask='dance')
    with pytest.raises(PolicyError, match="subtask 'dance' is no part of the task; its parts are: "
                                          'pick up the soup'):
        expert().infer(odd, NO_PREFIX, 0)


def test_metadata_names_columns_and_features():
    metadata = expert(7).metadata
    assert metadata.action_names == NAMES
    assert metadata.horizon == 7
    assert metadata.features == ('object_poses', 'scene', 'goal', 'eef_pose')


@pytest.mark.parametrize('rows', [0, 51])
def test_chunk_length_out_of_range_is_refused(rows):
    with pytest.raises(PolicyError, match=rf'within 1\.\.50 .* got {rows}'):
        ExpertPolicy(PolicyConfig('expert', rows, 50_000_000, NAMES, ('normalized',) * 7))


@pytest.mark.parametrize(('goal', 'message'), [
    ('(and (open drawer_1))', r'cannot do \(open drawer_1\)'),
    ('(and (in milk_1 basket_1_contain_region))', "'milk_1'.*basket_1, .*soup_1"),
    ('(and (in soup_1 drawer_1))', "'drawer_1'"),
])
def test_goal_that_cannot_be_done_is_refused(goal, message):
    world = FakeWorld(soup_1=(0.05, -0.15))
    world.goal = goal
    with pytest.raises(PolicyError, match=message):
        expert().infer(world.observe(), NO_PREFIX, 0)


def test_thing_without_shape_is_refused():
    world = FakeWorld()
    del world.shapes['soup_1']
    with pytest.raises(PolicyError, match="no points of 'soup_1'"):
        expert().infer(world.observe(), NO_PREFIX, 0)


def test_pose_that_is_no_pose_is_refused():
    world = FakeWorld()
    features = world.features() | {'eef_pose': np.zeros(7)}
    observation = type(world.observe())(0, 0, '', features)
    with pytest.raises(PolicyError, match='eef_pose must be x y z qx qy qz qw'):
        expert().infer(observation, NO_PREFIX, 0)
