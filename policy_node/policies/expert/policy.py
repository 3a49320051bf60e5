"""The scripted expert as a policy: rolls its phase machine forward over a model of the arm."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from policy_node.policies.expert.arm import Arm
from policy_node.policies.expert.phases import (
    CARRYING,
    OPEN,
    Moving,
    Phase,
    Progress,
    advance,
)
from policy_node.policies.expert.plan import is_done, make_plan
from policy_node.policies.expert.world import FEATURES, World
from policy_node.policy import (
    Decoding,
    Observation,
    PolicyConfig,
    PolicyError,
    PolicyMetadata,
    Prediction,
    Subtask,
)

Array = NDArray[np.float64]

ACTION_NAMES = ('x', 'y', 'z', 'rx', 'ry', 'rz', 'gripper')
MAX_ROWS = 50
"""Longest chunk; beyond it the modelled arm has nothing to do with the real one."""
_LOST = 0.07
"""How far a thing that is carried may move within the hand before it counts as dropped [m]."""
_DISPLACED = 0.02
"""How far the thing may move from where the grasp was planned [m]."""
_OFF_COURSE = 0.02
"""Horizontal distance at which the way down to grasp or target begins anew [m]."""
_STILL_HELD = 2
"""Steps of opening after which the thing may have left the fingers."""


@dataclass(frozen=True, slots=True)
class _Rollout:
    """What was predicted: progress and arm before each row, and after the last one."""

    first_timestep: int
    progress: tuple[Progress, ...]
    arms: tuple[Arm, ...]

    def at(self, timestep: int) -> tuple[Progress, Arm] | None:
        """Progress and arm before a timestep; the last ones after the end, None before."""
        row = timestep - self.first_timestep
        if row < 0:
            return None
        row = min(row, len(self.arms) - 1)
        return self.progress[row], self.arms[row]


class ExpertPolicy:
    """Picks things and puts them where the goal wants them, one after another.

    It sees poses and collision geometry of everything, so it is for tests, demos and data, not a
    measure of what a policy can learn. Deterministic. It has two levels: given a subtask, it does
    that part of the goal and then waits.

    Args:
        config: ``actions_per_chunk`` within 1..50.

    Raises:
        PolicyError: The configuration does not fit.
    """

    def __init__(self, config: PolicyConfig) -> None:
        if not 1 <= config.actions_per_chunk <= MAX_ROWS:
            raise PolicyError(f'actions_per_chunk must be within 1..{MAX_ROWS} for the expert, '
                              f'got {config.actions_per_chunk}')
        self.metadata = PolicyMetadata(
            name='expert', action_names=ACTION_NAMES,
            action_units=('normalized',) * len(ACTION_NAMES), horizon=config.actions_per_chunk,
            features=FEATURES)
        self._rollouts: dict[str, _Rollout] = {}

    def reset(self, session_id: str) -> None:
        """Forget the rollout of a session."""
        self._rollouts.pop(session_id, None)

    def infer(self, observation: Observation, prefix: Array, delay: float) -> Prediction:
        """Predict the next rows.

        Args:
            observation: Features object_poses, scene, goal, eef_pose in the world frame.
            prefix: Rows that the robot still holds; the first ``delay`` of them will be executed.
            delay: Control steps until the rows arrive.

        Raises:
            PolicyError: A predicate of the goal cannot be done or speaks of an unknown frame.
        """
        world = World.from_features(observation.features, observation.subtask)
        rollout = self._rollouts.get(observation.session_id)
        predicted = rollout.at(observation.timestep) if rollout else None
        still = np.zeros(3)
        velocity, spin = (predicted[1].velocity, predicted[1].spin) if predicted else (still, still)
        arm = Arm(world.eef_position, world.eef_rotation, velocity, spin)
        progress = _reconcile(predicted[0] if predicted else None, world)
        if progress is None:
            self.reset(observation.session_id)
            return Prediction(np.tile([0.0] * 6 + [OPEN], (self.metadata.horizon, 1)))
        held = prefix[:min(math.ceil(delay), self.metadata.horizon)]
        actions, rollout = self._roll(observation.timestep, progress, arm, world, held)
        self._rollouts[observation.session_id] = rollout
        return Prediction(actions, frozen_rows=len(held), subtask=progress.plan.placement.text)

    def subtask(self, observation: Observation, decoding: Decoding, give_way: Callable[[], None]
                ) -> Subtask:
        """The first placement that is not done yet; the last one when all are.

        Raises:
            PolicyError: As `infer`.
        """
        world = World.from_features(observation.features)
        give_way()
        left = (p for p in world.goal if not is_done(world, p))
        return Subtask(next(left, world.goal[-1]).text)

    def _roll(self, timestep: int, progress: Progress, arm: Arm, world: World, held: Array
              ) -> tuple[Array, _Rollout]:
        """Roll the machine forward; rows that are held already are taken as they are."""
        placement = progress.plan.placement
        moving = Moving(arm, world.position(placement.thing))
        target = world.position(placement.target)
        machine, arms, actions = [progress], [arm], []
        for row in range(self.metadata.horizon):
            carried = progress.phase in CARRYING
            action, progress = advance(progress, moving, target)
            if row < len(held):
                action = held[row]
                progress = replace(progress, motion=action[:6])
            moving = moving.step(action, carried)
            actions.append(action)
            machine.append(progress)
            arms.append(moving.arm)
        return np.stack(actions), _Rollout(timestep, tuple(machine), tuple(arms))


def _reconcile(progress: Progress | None, world: World) -> Progress | None:
    """Correct the predicted progress by what is seen; None when nothing is left to do."""
    motion = progress.motion if progress else np.zeros(6)
    if progress is None or progress.phase is Phase.DONE:
        return _next(world, motion)
    plan, phase = progress.plan, progress.phase
    if plan.placement not in world.wanted:
        return _next(world, motion)
    thing, hand = world.position(plan.placement.thing), world.eef_position
    slipped = (thing - hand) - (plan.thing_position - plan.grasp)
    if phase in CARRYING and np.linalg.norm(slipped) > _LOST:
        return _next(world, motion)
    if phase in (Phase.APPROACH, Phase.DESCEND):
        if np.linalg.norm(thing - plan.thing_position) > _DISPLACED:
            return _next(world, motion)
        if phase is Phase.DESCEND and np.linalg.norm((hand - plan.grasp)[:2]) > _OFF_COURSE:
            return progress.enter(Phase.APPROACH)
    if phase is Phase.RELEASE and np.linalg.norm(slipped) < _LOST:
        missed = (world.position(plan.placement.target) - thing)[:2]
        if np.linalg.norm(missed) > _OFF_COURSE and progress.steps <= _STILL_HELD:
            return progress.enter(Phase.LOWER)
    return progress


def _next(world: World, motion: Array) -> Progress | None:
    """Begin the first placement that is not done yet."""
    placement = next((p for p in world.wanted if not is_done(world, p)), None)
    return Progress(make_plan(world, placement), motion) if placement else None

