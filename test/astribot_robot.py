"""An emulated S1 in simulated time, and bridges that drive it."""

from concurrent.futures import Executor, Future
from functools import partial

import numpy as np

from robot_bridge.assembly import assemble
from robot_bridge.drivers.astribot import AstribotDriver, Params
from robot_bridge.drivers.astribot.joints import JOINTS, PARTS
from robot_bridge.drivers.astribot.waypoints import WaypointSender
from robot_bridge.emulators.astribot import sdk
from robot_bridge.emulators.astribot.robot import ALL, EmulatedRobot
from robot_bridge.episodes import EpisodeParams
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.parameters import ShapingParams
from segue_core.chunk import Chunk
from segue_core.contract import Contract

SDK = sdk.__name__
SECOND = 1_000_000_000
UNITS = dict(zip(ALL.joints, ALL.units, strict=True))


def joints(*parts):
    return tuple(joint for part in parts for p in PARTS if p.name == f'astribot_{part}'
                 for joint in p.joints)


# The orders of datasets for this robot: not the SDK's.
C16 = joints('arm_left') + joints('arm_right') + joints('gripper_left') + joints('gripper_right')
C22 = C16 + joints('head') + joints('torso')
C25 = C22 + joints('chassis')


class Clock:
    """Time that passes when it is told to [ns]."""

    def __init__(self):
        self.now_ns = 10 * SECOND

    def __call__(self):
        return self.now_ns

    def advance(self, seconds):
        self.now_ns += round(seconds * SECOND)


class AtOnce(Executor):
    """Runs what is submitted before it returns."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def plug_in(monkeypatch, **kwargs):
    """A clock, and a robot of its own that clients of the SDK meet."""
    clock = Clock()
    robot = EmulatedRobot(clock, wait=lambda seconds: None, **kwargs)
    monkeypatch.setattr(sdk, 'ROBOT', robot)
    return clock, robot


def sender(clock, **kwargs):
    return partial(WaypointSender, clock=clock, executor=AtOnce(),
                   wait=lambda stopped, seconds: None, **kwargs)


def make_driver(clock, names=C16, **params):
    made = AstribotDriver(Params(sdk=SDK, **params), sender(clock))
    made.command_only(names)
    return made


def contract(names, rate=30.0):
    return Contract(round(SECOND / rate), (), tuple(names), tuple(UNITS.get(n, '') for n in names))


def bridge(driver, names, shaping=None, **params):
    """A control loop that drives a connected robot."""
    loop, _ = assemble(driver, BridgeParams(**params), contract(names), shaping or ShapingParams(),
                       EpisodeParams())
    driver.connect()
    loop.start('s', 0, '')
    return loop


def answer(request, names, rows):
    return Chunk(session_id=request.session_id, request_id=request.request_id, stamp_ns=0,
                 first_timestep=request.timestep, step_ns=round(SECOND / 30.0),
                 names=tuple(names), units=tuple(UNITS[n] for n in names), actions=np.array(rows))


def by_joint(values):
    """Joint -> value, of those that have one."""
    return {joint: value for joint, value in zip(JOINTS, np.asarray(values).tolist(), strict=True)
            if not np.isnan(value)}
