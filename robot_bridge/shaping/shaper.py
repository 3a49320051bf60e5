"""From buffered rows to one command per tick of the driver: joins the stages of this package.

Order: resample to the driver's ticks, expand and reorder to the robot's columns by name,
starvation behaviour and recovery, moving average, low-pass, limits, gripper.
The columns are expanded first so that those which are held pass the limits as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverSpec
from robot_bridge.shaping.columns import refuse_outside
from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.limits import Limits, MotionLimiter
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.resample import Resampler, RowSource, Sample
from robot_bridge.shaping.stages import Stages, column_map
from robot_bridge.shaping.starvation import Behavior, Recovery
from segue_core.arrays import within
from segue_core.parameters import ParameterError

FILTER_FADE = 0.5
"""How long it takes to leave what filters lagged behind when they are changed [s]."""
PLAUSIBLE = 0.25
"""A reading further outside of the robot's range, as a share of it, is a fault of the sensor."""


class ShapedTick(NamedTuple):
    """What one tick gives the driver.

    Attributes:
        command: To write, shape (D,), finite and within the robot's range [column's unit]; None
            when the driver shall hold: before the first row, and while starved when its columns
            are no positions.
        consumed: Rows taken from the source.
        starved: A row was due and there was none.
    """

    command: NDArray[np.float64] | None
    consumed: int
    starved: bool


class MotionShaper:
    """One command per tick, within the limits.

    With the default parameters and equal rates rows pass exactly as they are.

    Args:
        spec: The robot; its range is never left.
        params: What is wanted.
        step_ns: Spacing of the policy's rows [ns], > 0.
        tick_ns: Spacing of the driver's commands [ns], > 0.
        names: Columns of the policy's rows; None for the robot's own.

    Raises:
        ParameterError: Parameters do not fit the robot or each other.
    """

    def __init__(self, spec: DriverSpec, params: ShapingParams, step_ns: int, tick_ns: int,
                 names: tuple[str, ...] | None = None) -> None:
        self._spec, self._step_ns, self._tick_ns = spec, step_ns, tick_ns
        self._rate = np.full(len(spec.action_names), 1e9 / tick_ns)
        names = spec.action_names if names is None else names
        try:
            self._columns = column_map(spec, params, names)
            self._resampler = Resampler(len(names), step_ns, tick_ns, params.interpolation)
            self._stages = Stages.from_params(spec, params, step_ns, tick_ns)
            self._limiter = MotionLimiter(self._stages.limits, tick_ns)
        except ShapingError as error:
            raise ParameterError(str(error)) from error
        self._source_columns = [spec.action_names.index(name) for name in names]
        self._lag = Recovery(FILTER_FADE, tick_ns)
        self._unknown = np.full(len(spec.action_names), np.nan)
        self._measured = self._smoothed = self._unknown
        self._joints = np.zeros(len(spec.action_names), dtype=bool)
        self._plausible_lower, self._plausible_upper = _plausible(spec)
        self._targets = [self._unknown] * 3
        self._behaving: Behavior | None = None
        self._has_positions = self._is_moving = self._rests = self._strayed = False

    @property
    def active_limits(self) -> tuple[str, ...]:
        """Limits that kept the last command from its target, e.g. ``shoulder_pan velocity``."""
        return self._limiter.active

    @property
    def position(self) -> NDArray[np.float64]:
        """The last command before grippers were made open or closed, shape (D,)."""
        return self._limiter.position

    def refuse_outside(self, pose: NDArray[np.float64], field: str) -> None:
        """Refuse a pose that the limits keep the robot from.

        Args:
            pose: Shape (D,) [column's unit]; nan for columns without a value.
            field: Parameter that it comes from, for the message.

        Raises:
            ParameterError: A column is outside its position limits.
        """
        limits = self._stages.limits
        try:
            refuse_outside(pose, limits.lower, limits.upper, limits.names, field)
        except ShapingError as error:
            raise ParameterError(f'{error} (lower_limits, upper_limits)') from error

    def update(self, params: ShapingParams) -> None:
        """Take parameters over while moving: the motion goes on from its present state.

        Args:
            params: Only its dynamic parameters may differ.

        Raises:
            ParameterError: Parameters do not fit the robot or each other; nothing was changed.
        """
        try:
            stages = Stages.from_params(self._spec, params, self._step_ns, self._tick_ns)
            MotionLimiter(stages.limits, self._tick_ns)
            if self._is_moving:
                _refuse_unmeasured(stages.limits, self._measured)
        except ShapingError as error:
            raise ParameterError(str(error)) from error
        for stage in stages.filters:
            stage.reset(self._targets[-1])
        if self._is_moving and (stages.filters or self._stages.filters):
            self._lag.start(self._smoothed - self._targets[-1])
        if stages.binarizer and self._stages.binarizer:
            stages.binarizer.take_over(self._stages.binarizer)
        self._limiter.set_limits(stages.limits)
        fading = self._stages.recovery is not None and self._stages.recovery.active
        self._rests = self._rests or fading   # what was left of the way back is begun anew
        self._stages = stages

    def reset(self, measured: NDArray[np.float64] | None,
              joints: NDArray[np.bool_] | None = None) -> None:
        """Begin anew, at rest; nothing is commanded before the first row.

        Args:
            measured: Position of the robot in its columns, shape (D,), nan where it is not
                measured; None when the columns are no positions (increments, velocities): then
                nothing is commanded while starved.
            joints: Which columns the robot measures, shape (D,): without a reading they are not
                moved under limits. None for those that are not nan now.

        Raises:
            ShapingError: A position is needed (a joint with limits, a column to hold,
                max_relative_target) and unknown.
        """
        reading = self._unknown if measured is None else np.array(measured, dtype=np.float64)
        if reading.shape != self._unknown.shape:
            raise ShapingError(f'measured must have shape {self._unknown.shape}, got '
                               f'{reading.shape}')
        joints = ~np.isnan(reading) if joints is None else joints
        pose = self._believed(reading, self._unknown)
        self._refuse_unread(joints, pose, reading)
        self._columns.start(pose)
        _refuse_unmeasured(self._stages.limits, pose)
        self._measured, self._has_positions = pose, measured is not None
        self._joints = joints
        self._is_moving = False
        self._resampler.reset(self._source_pose())

    def tick(self, source: RowSource, measured: NDArray[np.float64] | None = None) -> ShapedTick:
        """Shape one tick.

        Args:
            source: Rows in the policy's columns.
            measured: Position of the robot now, as in `reset`; None when it was not read.

        Raises:
            ShapingError: A row is not finite, or a joint with limits shall begin to move and was
                never measured.
        """
        if measured is not None and (not self._is_moving or self._limiter.needs_measured):
            self._measured = self._believed(measured, self._measured)
        if not self._is_moving and measured is not None and self._has_positions:
            self._resampler.reset(self._source_pose())
        sample = self._resampler.tick(source)
        if sample.position is None or (sample.starved and not self._has_positions):
            return ShapedTick(None, sample.consumed, True)
        if not self._is_moving:
            self._refuse_unread(self._joints, self._measured, self._measured)
            self._start(self._columns.expand(sample.position))
        target, velocity = self._target(sample)
        target, velocity = self._smooth(target, velocity)
        command = self._limiter.step(target, velocity, self._measured)
        command = within(command, self._spec.lower, self._spec.upper)
        if self._stages.binarizer:
            command = self._stages.binarizer.apply(command)
        return ShapedTick(command, sample.consumed, sample.starved)

    def _believed(self, reading: NDArray[np.float64],
                  before: NDArray[np.float64]) -> NDArray[np.float64]:
        """The reading, and what was read ``before`` where it can not be true, shape (D,)."""
        plausible = (reading >= self._plausible_lower) & (reading <= self._plausible_upper)
        return np.where(plausible, reading, before)

    def _refuse_unread(self, joints: NDArray[np.bool_], pose: NDArray[np.float64],
                       reading: NDArray[np.float64]) -> None:
        limits = self._stages.limits
        unread = joints & np.isnan(pose) & limits.bind_the_start
        if unread.any():
            i = int(np.argmax(unread))
            raise ShapingError(f'joint {limits.names[i]} is not measured: to move it within its '
                               f'limits its position must be within {self._plausible_lower[i]:g}..'
                               f'{self._plausible_upper[i]:g}, got {reading[i]:g}; check its '
                               'sensor and start again')

    def _source_pose(self) -> NDArray[np.float64] | None:
        """Measured position in the policy's columns, None unless all are known."""
        pose = self._measured[self._source_columns]
        return pose if np.isfinite(pose).all() else None

    def _start(self, target: NDArray[np.float64]) -> None:
        """The first row is here: begin where the robot is, or at the row where that is unknown."""
        pose = np.clip(self._measured, self._spec.lower, self._spec.upper)
        pose = np.where(np.isnan(pose), target, pose)
        if self._has_positions:
            self._columns.start(self._measured)
        for stage in self._stages.filters:
            stage.reset(pose)
        self._limiter.reset(pose)
        if self._stages.binarizer:
            self._stages.binarizer.reset()
        if self._stages.recovery:
            self._stages.recovery.stop()
        self._targets = [pose] * 3
        self._smoothed = pose
        self._lag.stop()
        self._behaving, self._rests, self._strayed = None, False, False
        self._is_moving = True

    def _target(self, sample: Sample) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where to go and how fast: along the rows, or as the starvation behaviour says."""
        assert sample.position is not None
        behavior, recovery = self._stages.behavior, self._stages.recovery
        rested, self._rests = self._rests, sample.idle and self._has_positions
        if self._rests and behavior:
            if self._behaving is not behavior:
                behavior.start(self._targets[-1], self._recent_velocity())
            target, velocity = behavior.tick()
            self._behaving, self._strayed = behavior, True
        elif self._rests and self._strayed:     # to hold was chosen meanwhile: where it is
            target, velocity = self._targets[-1], np.zeros_like(self._targets[-1])
        else:
            target = self._columns.expand(sample.position)
            velocity = self._columns.expand_velocity(sample.velocity)
            if recovery:
                if rested and not self._rests:
                    recovery.start(~self._stages.grippers * (self._targets[-1] - target))
                target, velocity = recovery.tick(target, velocity)
            self._behaving, self._strayed = None, False
        self._targets = [*self._targets[1:], target]
        return target, velocity

    def _recent_velocity(self) -> NDArray[np.float64]:
        """Velocity of the last two ticks where they agree in sign, the smaller one: no jumps."""
        before, last = np.diff(self._targets, axis=0) / (self._tick_ns * 1e-9)
        smaller = np.where(np.abs(before) < np.abs(last), before, last)
        return np.where(before * last > 0, smaller, 0.0)

    def _smooth(self, target: NDArray[np.float64], velocity: NDArray[np.float64]
                ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        fades = self._lag.active
        for stage in self._stages.filters:
            target = stage.apply(target)
        target, velocity = self._lag.tick(target, velocity)
        if self._stages.filters or fades:
            velocity = (target - self._smoothed) * self._rate
        self._smoothed = target
        return target, velocity


def _plausible(spec: DriverSpec) -> NDArray[np.float64]:
    """Smallest and largest reading that can be true, finite, shape (2, D)."""
    margin = PLAUSIBLE * spec.upper - PLAUSIBLE * spec.lower
    greatest = np.finfo(np.float64).max
    return np.clip([spec.lower - margin, spec.upper + margin], -greatest, greatest)


def _refuse_unmeasured(limits: Limits, measured: NDArray[np.float64]) -> None:
    unknown = np.isfinite(limits.relative) & ~np.isfinite(measured)
    if unknown.any():
        names = [limits.names[i] for i in np.flatnonzero(unknown)]
        raise ShapingError(f'max_relative_target of {names} needs their measured position, which '
                           'the robot does not report: leave them out of limited_columns')
