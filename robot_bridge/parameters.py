"""Parameters of robot_bridge, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from robot_bridge.aggregation import AGGREGATES
from segue_core.parameters import ParameterError, param

MAX_DELAY = 1000
"""Longest delay of a chunk in lockstep [control steps]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeParams:
    """Parameters of robot_bridge itself.

    The contract's are in `segue_core.contract`, a driver's in its module, the episodes' in
    `robot_bridge.episodes`.
    """

    autostart: bool = param(False, 'Configure and activate at start, without a manager.')
    driver: str = param('mock', 'Kind of robot: astribot, libero, mock, ros2_control, so101, or '
                        'package.module:name of something with Params and create.')
    task: str = param('', 'Instruction sent with each request; simulators name their own.')
    chunk_size_threshold: float = param(
        0.5, 'Ask for the next chunk when queued / horizon is at most this. Higher asks earlier.',
        low=0.0, high=1.0, dynamic=True)
    similarity_threshold: float = param(
        0.0, 'Do not ask while every joint is within this share of its range of where it was when '
        'the last chunk was asked for; 0 to ask regardless. With an empty queue it always asks.',
        low=0.0, high=1.0, dynamic=True)
    aggregate_fn_name: str = param(
        'weighted_average', f'How overlapping rows merge: {", ".join(AGGREGATES)}, or your own '
        'package.module:function.', dynamic=True)
    move_to_ready: bool = param(
        False, 'Go to ready_pose at the start of each session, before the first request.')
    ready_pose_columns: tuple[str, ...] = param(
        (), 'Columns that go to the ready pose; all when empty. The others stay where they are.')
    ready_pose: tuple[float, ...] = param(
        (), 'Where they go, one value for each or one for all.', unit="column's unit")
    ready_time: float = param(
        3.0, 'How long the way to the ready pose takes, unless limits make it longer.', unit='s',
        low=0.1, high=3600.0)
    confirm_start: bool = param(
        False, 'Begin held, also after an emergency stop: nothing moves, not even to ready_pose, '
        'before somebody calls ~/hold with false.')
    max_steps: int = param(
        0, 'Robots: end the session and stop after so many control steps; 0 for never. Activate '
        'again to go on.', unit='control steps', low=0, high=1_000_000_000)
    request_deadline: float = param(
        2.0, 'How long an answer may take before it is asked for again.', unit='s', low=0.01,
        high=3600.0)
    request_backoff: float = param(
        0.5, 'Pause after an answer without usable rows.', unit='s', low=0.0, high=60.0)
    watchdog_timeout: float = param(
        0.0, 'Without a fresh chunk for so long, what is queued is no longer executed; 0 for '
        'never. Not in lockstep.', unit='s', low=0.0, high=3600.0, dynamic=True)
    fault_retry_period: float = param(
        2.0, 'After the robot failed, try to open it again this often and go on; 0 for never: '
        'activate the bridge again. Not for simulators.', unit='s', low=0.0, high=3600.0,
        dynamic=True)
    lockstep: bool = param(
        False, 'Simulators only: the world waits for the policy, time comes from /clock.')
    inference_delay: int = param(
        0, 'Lockstep only: a chunk becomes usable this many control steps after its observation.',
        unit='control steps', low=0, high=MAX_DELAY)
    inference_delays: tuple[int, ...] = param(
        (), 'Lockstep only: draw the delay of each chunk from these instead, each one as likely as '
        'any other: [1, 2, 2, 8] is a distribution. The seed of the episode decides.',
        unit='control steps')
    camera_rate: float = param(
        10.0, 'Simulators in real time: camera images per second.', unit='Hz', low=0.1,
        high=1000.0)
    summary_period: float = param(0.0, 'Time between summary lines in the log; 0 for none.',
                                  unit='s', low=0.0, high=3600.0, dynamic=True)
    status_rate: float = param(10.0, 'BridgeStatus messages per second.', unit='Hz', low=0.1,
                               high=1000.0)

    def __post_init__(self) -> None:
        for delay in self.inference_delays:
            if type(delay) is not int or not 0 <= delay <= MAX_DELAY:
                raise ParameterError(
                    'parameter inference_delays must be whole numbers of control steps within '
                    f'0..{MAX_DELAY}, got {list(self.inference_delays)}')

    @property
    def delays(self) -> tuple[int, ...]:
        """What the delay of each chunk is drawn from in lockstep [control steps]."""
        return self.inference_delays or (self.inference_delay,)
