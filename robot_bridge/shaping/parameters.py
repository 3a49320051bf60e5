"""Parameters of motion shaping, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from robot_bridge.shaping.filters import MAX_ORDER
from robot_bridge.shaping.resample import INTERPOLATIONS
from robot_bridge.shaping.starvation import BEHAVIORS
from segue_core.parameters import param


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapingParams:
    """Parameters of motion shaping; with the defaults rows reach the driver as they are.

    Lists of limits have one value for each of ``limited_columns``, or one for all of them, or none
    when there is no such limit; ``.inf`` is no limit either. Units are those of the column.
    """

    interpolation: str = param(
        'linear', 'How the commands get from row to row when the driver is faster than the '
        'policy.', choices=INTERPOLATIONS)
    held_columns: tuple[str, ...] = param(
        (), 'Columns of the robot that the policy does not give; they are held.')
    held_values: tuple[float, ...] = param(
        (), 'Where to hold them, one value for each or one for all; where they were measured at '
        'the start when empty.', unit="column's unit")
    gripper_columns: tuple[str, ...] = param(
        (), 'Columns that are grippers: never smoothed, held while starved, without max_velocity.')

    starvation_behavior: str = param(
        'hold', 'What to do without rows: hold the last one, let the velocity decay, or go to '
        'safe_pose.', choices=BEHAVIORS, dynamic=True)
    decay_time: float = param(0.2, 'Time constant of decay.', unit='s', low=0.001, high=60.0,
                              dynamic=True)
    safe_pose_columns: tuple[str, ...] = param(
        (), 'Columns that go to the safe pose; when empty all but gripper_columns. The others are '
        'held.', dynamic=True)
    safe_pose: tuple[float, ...] = param(
        (), 'Where they go, one value for each or one for all.', unit="column's unit",
        dynamic=True)
    safe_pose_delay: float = param(1.0, 'Hold this long before going there.', unit='s', low=0.0,
                                   high=3600.0, dynamic=True)
    safe_pose_time: float = param(3.0, 'How long the way to the safe pose takes.', unit='s',
                                  low=0.01, high=3600.0, dynamic=True)
    recovery_time: float = param(
        0.3, 'After starvation the rows are blended in over this time; 0 for at once.', unit='s',
        low=0.0, high=60.0, dynamic=True)

    smooth: int = param(0, 'Moving average over this many control steps; 0 or 1 for none.',
                        unit='control steps', low=0, high=100, dynamic=True)
    low_pass_cutoff: float = param(0.0, 'Cutoff of the low-pass; 0 for none.', unit='Hz', low=0.0,
                                   high=1000.0, dynamic=True)
    low_pass_order: int = param(2, 'Order of the low-pass (Butterworth).', low=1, high=MAX_ORDER,
                                dynamic=True)

    limited_columns: tuple[str, ...] = param(
        (), 'Columns that the lists of limits are for; all when empty.', dynamic=True)
    lower_limits: tuple[float, ...] = param(
        (), "Smallest positions, within the robot's own range.", unit="column's unit",
        dynamic=True)
    upper_limits: tuple[float, ...] = param(
        (), "Largest positions, within the robot's own range.", unit="column's unit",
        dynamic=True)
    velocity_limits: tuple[float, ...] = param((), 'Largest speeds.', unit='unit/s', dynamic=True)
    acceleration_limits: tuple[float, ...] = param(
        (), 'Largest accelerations.', unit='unit/s^2', dynamic=True)
    jerk_limits: tuple[float, ...] = param((), 'Largest jerks.', unit='unit/s^3', dynamic=True)
    max_relative_target: tuple[float, ...] = param(
        (), 'How far a command may be from the measured position; overrules velocity, '
        'acceleration and jerk limits, but not lower_limits and upper_limits.',
        unit="column's unit", dynamic=True)
    max_velocity: float = param(
        0.0, 'Largest change of any column in one control step; 0 for no limit.',
        unit='rad/control step', low=0.0, high=1000.0, dynamic=True)

    binarize_gripper: bool = param(False, 'Grippers are either open or closed.', dynamic=True)
    gripper_open_threshold: float = param(
        0.6, 'A gripper opens when its column reaches this.', unit="column's unit", low=-1e6,
        high=1e6, dynamic=True)
    gripper_close_threshold: float = param(
        0.4, 'A gripper closes when its column reaches this; in between it stays as it is.',
        unit="column's unit", low=-1e6, high=1e6, dynamic=True)
    gripper_open_value: float = param(1.0, 'Commanded for open.', unit="column's unit", low=-1e6,
                                      high=1e6, dynamic=True)
    gripper_closed_value: float = param(0.0, 'Commanded for closed.', unit="column's unit",
                                        low=-1e6, high=1e6, dynamic=True)
