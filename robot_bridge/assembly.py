"""Put a bridge together from its parts: robot, buffer, stream, control loop. Pure."""

from __future__ import annotations

from functools import partial

from robot_bridge.aggregation import find_aggregate
from robot_bridge.approach import Approach
from robot_bridge.chunk_buffer import ChunkBuffer
from robot_bridge.chunk_stream import ChunkStream
from robot_bridge.control_loop import ControlLoop
from robot_bridge.driver import Driver, DriverSpec, PartlyCommanded, Simulator
from robot_bridge.drivers.realtime import RealTimeSimulator
from robot_bridge.episodes import EpisodeParams, EpisodeRunner
from robot_bridge.lockstep import Lockstep, draw_delays
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.columns import named_pose
from robot_bridge.shaping.errors import ShapingError
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.shaping.shaper import MotionShaper
from robot_bridge.similarity import SimilarityFilter
from segue_core.contract import Contract
from segue_core.parameters import ParameterError

UNCONFIRMED = 'waiting to be confirmed: call ~/hold with false'


def assemble(driver: Driver, params: BridgeParams, contract: Contract, shaping: ShapingParams,
             episodes: EpisodeParams) -> tuple[ControlLoop, EpisodeRunner | None]:
    """Make the control loop of a robot, and for a simulator its episodes.

    Args:
        driver: Not connected yet.
        params: The bridge's.
        contract: Its action columns and their units must be the driver's, in any order.
        shaping: How rows become commands.
        episodes: Which episodes a simulator runs.

    Raises:
        ParameterError: The parameters do not fit the robot.
    """
    if isinstance(driver, PartlyCommanded):
        driver.command_only(contract.action_names)
    spec = driver.spec
    _refuse_other_columns(spec, contract)
    if params.max_steps and isinstance(driver, Simulator):
        raise ParameterError('max_steps is for robots: simulators have episodes.max_steps')
    if params.lockstep and not isinstance(driver, Simulator):
        raise ParameterError(f'lockstep needs a simulator; driver {params.driver!r} is none: set '
                             'lockstep to false')
    tick_ns = round(1e9 / spec.rate)
    if params.lockstep and tick_ns != contract.step_ns:
        raise ParameterError(f'lockstep needs contract.control_rate {spec.rate:g} as driver '
                             f'{spec.name} has it, got {1e9 / contract.step_ns:g}')
    shaper = MotionShaper(spec, shaping, contract.step_ns, tick_ns)
    runner = None
    if isinstance(driver, Simulator):
        simulator = driver if params.lockstep else RealTimeSimulator(
            driver, camera_rate=params.camera_rate)
        runner, driver = EpisodeRunner(simulator, episodes), simulator
    stream = ChunkStream(
        ChunkBuffer(spec.action_names, spec.lower, spec.upper,
                    find_aggregate(params.aggregate_fn_name)),
        threshold=params.chunk_size_threshold, deadline_ns=round(params.request_deadline * 1e9),
        backoff_ns=round(params.request_backoff * 1e9), step_ns=contract.step_ns,
        units=spec.action_units,
        similarity=SimilarityFilter(spec.lower, spec.upper, params.similarity_threshold))
    lockstep = Lockstep(partial(draw_delays, params.delays)) if params.lockstep else None
    watchdog_ns = round(params.watchdog_timeout * 1e9)
    approach = _approach(spec, params, contract.step_ns, shaper) if params.move_to_ready else None
    loop = ControlLoop(driver, stream, shaper, lockstep, watchdog_ns, approach, params.max_steps)
    if params.confirm_start:
        loop.hold(True)
        loop.last_fault = UNCONFIRMED
    return loop, runner


def _refuse_other_columns(spec: DriverSpec, contract: Contract) -> None:
    """The contract's columns and units must be the driver's, in any order."""
    wanted = contract.action_names
    if set(wanted) != set(spec.action_names):
        raise ParameterError(f'contract.actions is {list(wanted)}, driver {spec.name} takes '
                             f'{list(spec.action_names)}')
    units = dict(zip(wanted, contract.action_units, strict=True))
    for name, unit in zip(spec.action_names, spec.action_units, strict=True):
        if units[name] != unit:
            raise ParameterError(f'contract.action_units gives {name} in {units[name]!r}, driver '
                                 f'{spec.name} takes {unit!r}')


def _approach(spec: DriverSpec, params: BridgeParams, step_ns: int,
              shaper: MotionShaper) -> Approach:
    """The way to the ready pose."""
    if not spec.commands_positions:
        raise ParameterError('move_to_ready needs a robot whose columns are joint positions; those '
                             f'of driver {spec.name} are not: set move_to_ready to false')
    if not params.ready_pose:
        raise ParameterError('move_to_ready needs the parameter ready_pose')
    try:
        pose = named_pose(params.ready_pose_columns, params.ready_pose, spec, 'ready_pose')
    except ShapingError as error:
        raise ParameterError(str(error)) from error
    shaper.refuse_outside(pose, 'ready_pose')
    return Approach(spec.action_names, pose, params.ready_time, step_ns)
