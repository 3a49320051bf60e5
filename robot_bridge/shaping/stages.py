"""Makes the stages of motion shaping from their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverSpec
from robot_bridge.shaping.columns import ColumnMap, column_indices, named_pose, per_column
from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.filters import Filter, LowPass, MovingAverage
from robot_bridge.shaping.gripper import GripperBinarizer, TwoPositions
from robot_bridge.shaping.limits import Limits
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.starvation import Behavior, DecayToStop, RampToSafePose, Recovery


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """What a command passes after it was resampled; None for what is switched off.

    Attributes:
        behavior: While starved; None to hold.
        recovery: After starvation.
        filters: In order.
        limits: Of the robot's D columns.
        binarizer: For the grippers.
        grippers: Which of the D columns are grippers, shape (D,).
    """

    behavior: Behavior | None
    recovery: Recovery | None
    filters: tuple[Filter, ...]
    limits: Limits
    binarizer: GripperBinarizer | None
    grippers: NDArray[np.bool_]

    @classmethod
    def from_params(cls, spec: DriverSpec, params: ShapingParams, step_ns: int,
                    tick_ns: int) -> Stages:
        """Make them.

        Args:
            spec: The robot.
            params: What is wanted.
            step_ns: Spacing of the policy's rows [ns].
            tick_ns: Spacing of the commands [ns].

        Raises:
            ShapingError: Parameters do not fit the robot or each other.
        """
        columns = column_indices(params.gripper_columns, spec.action_names, 'gripper_columns')
        grippers = np.zeros(len(spec.action_names), dtype=bool)
        grippers[columns] = True
        limits = _limits(spec, params, step_ns, grippers)
        return cls(
            behavior=_behavior(spec, params, tick_ns, grippers),
            recovery=Recovery(params.recovery_time, tick_ns) if params.recovery_time else None,
            filters=_filters(params, step_ns, tick_ns, ~grippers),
            limits=limits, binarizer=_binarizer(limits, params, columns), grippers=grippers)


def column_map(spec: DriverSpec, params: ShapingParams, names: Sequence[str]) -> ColumnMap:
    """From the policy's columns, ``names``, to the robot's.

    Raises:
        ShapingError: The columns do not fit together.
    """
    held = column_indices(params.held_columns, spec.action_names, 'held_columns')
    values = per_column(params.held_values, held, np.full(len(spec.action_names), np.inf),
                        'held_values')[held]
    outside = np.isfinite(values) & ~((values >= spec.lower[held]) & (values <= spec.upper[held]))
    if outside.any():
        i = int(np.argmax(outside))
        raise ShapingError(f'held_values: {params.held_columns[i]} must be within '
                           f'{spec.lower[held][i]:g}..{spec.upper[held][i]:g}, '
                           f'got {values[i]:g}')
    return ColumnMap(names, spec.action_names, {
        name: float(value) if np.isfinite(value) else None
        for name, value in zip(params.held_columns, values, strict=True)})


def _behavior(spec: DriverSpec, params: ShapingParams, tick_ns: int,
              grippers: NDArray[np.bool_]) -> Behavior | None:
    if params.starvation_behavior == 'decay':
        return DecayToStop(params.decay_time, tick_ns, held=grippers)
    if params.starvation_behavior == 'hold':
        return None
    if not params.safe_pose:
        raise ShapingError('starvation_behavior safe_pose needs the parameter safe_pose')
    pose = named_pose(params.safe_pose_columns, params.safe_pose, spec, 'safe_pose')
    if not params.safe_pose_columns:
        pose = np.where(grippers, np.nan, pose)
    return RampToSafePose(pose, params.safe_pose_delay, params.safe_pose_time, tick_ns)


def _filters(params: ShapingParams, step_ns: int, tick_ns: int,
             smoothed: NDArray[np.bool_]) -> tuple[Filter, ...]:
    filters: list[Filter] = []
    if params.smooth > 1:
        filters.append(MovingAverage(max(1, round(params.smooth * step_ns / tick_ns)), smoothed))
    if params.low_pass_cutoff:
        filters.append(LowPass(params.low_pass_cutoff, params.low_pass_order, tick_ns, smoothed))
    return tuple(filters)


def _limits(spec: DriverSpec, params: ShapingParams, step_ns: int,
            grippers: NDArray[np.bool_]) -> Limits:
    names = spec.action_names
    columns = column_indices(params.limited_columns or names, names, 'limited_columns')
    free = np.full(len(names), np.inf)
    per_step = params.max_velocity * 1e9 / step_ns if params.max_velocity else np.inf
    velocity = per_column(params.velocity_limits, columns, free, 'velocity_limits')
    limits = {
        'velocity': np.minimum(velocity, np.where(grippers, np.inf, per_step)),
        'acceleration': per_column(params.acceleration_limits, columns, free,
                                   'acceleration_limits'),
        'jerk': per_column(params.jerk_limits, columns, free, 'jerk_limits'),
        'relative': per_column(params.max_relative_target, columns, free, 'max_relative_target')}
    if params.binarize_gripper:   # a binarised gripper jumps
        limits = {kind: np.where(grippers, np.inf, values) for kind, values in limits.items()}
    return Limits(
        names=names,
        lower=np.maximum(spec.lower, per_column(params.lower_limits, columns, -free,
                                                'lower_limits')),
        upper=np.minimum(spec.upper, per_column(params.upper_limits, columns, free,
                                                'upper_limits')), **limits)


def _binarizer(limits: Limits, params: ShapingParams,
               columns: NDArray[np.intp]) -> GripperBinarizer | None:
    if not params.binarize_gripper:
        return None
    if not len(columns):
        raise ShapingError('binarize_gripper needs gripper_columns; the columns are '
                           f'{list(limits.names)}')
    for name in ('gripper_open_value', 'gripper_closed_value'):
        value = getattr(params, name)
        lower, upper = limits.lower[columns], limits.upper[columns]
        if not ((value >= lower) & (value <= upper)).all():
            raise ShapingError(f'{name} must be within the range of {params.gripper_columns}, '
                               f'{lower}..{upper}; got {value:g}')
    return GripperBinarizer(columns, TwoPositions(
        open_threshold=params.gripper_open_threshold,
        close_threshold=params.gripper_close_threshold,
        open_value=params.gripper_open_value, closed_value=params.gripper_closed_value))
