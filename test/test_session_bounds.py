"""With confirm_start nothing moves before a person says so, with max_steps it comes to an end."""

import numpy as np
import pytest

from robot_bridge.assembly import assemble
from robot_bridge.drivers.mock import Mock, Params
from robot_bridge.episodes import EpisodeParams
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.parameters import ShapingParams
from robot_bridge.states import State
from segue_core.chunk import Chunk
from segue_core.contract import Contract
from segue_core.parameters import ParameterError

NAMES = ('a', 'b')


def start(**params):
    driver = Mock(Params(joints=NAMES))
    loop, _ = assemble(driver, BridgeParams(**params), Contract(round(1e9 / 30), (), NAMES,
                                                                ('rad', 'rad')),
                       ShapingParams(), EpisodeParams())
    driver.connect()
    loop.start('s', 0, '')
    return loop, driver


def test_the_way_to_the_ready_pose_begins_when_it_is_confirmed():
    loop, driver = start(confirm_start=True, move_to_ready=True, ready_pose=(0.5,), ready_time=0.2)
    ticks = [loop.tick(0, 0, True) for _ in range(20)]
    assert all(tick.request is None and tick.action is None for tick in ticks)
    assert loop.state is State.HOLDING
    assert 'confirmed' in loop.last_fault
    loop.hold(False)
    states = []
    for _ in range(20):
        loop.tick(0, 0, True)
        states.append(loop.state)
    assert states[0] is State.APPROACHING
    assert states[-1] is State.READY
    assert driver.read(cameras=False).positions == pytest.approx(np.full(2, 0.5), abs=1e-3)


@pytest.mark.parametrize(('confirm', 'asked'), [(False, True), (True, False)])
def test_the_policy_is_not_asked_before(confirm, asked):
    loop, _ = start(confirm_start=confirm)
    assert (loop.tick(0, 0, True).request is not None) == asked


def test_the_session_ends_after_max_steps():
    loop, _ = start(max_steps=5)
    request = loop.tick(0, 0, True).request
    loop.on_chunk(Chunk(session_id='s', request_id=request.request_id, stamp_ns=0, first_timestep=0,
                        step_ns=round(1e9 / 30), names=NAMES, units=('rad', 'rad'),
                        actions=np.zeros((20, 2))), 0)
    actions = [loop.tick(0, 0, True).action for _ in range(6)]
    assert [action is not None for action in actions] == [True] * 5 + [False]
    assert (loop.state, loop.active) == (State.IDLE, False)
    assert '5 control steps are done' in loop.last_fault
    loop.start('t', 0, '')
    assert loop.state is State.READY


def test_without_max_steps_it_goes_on():
    loop, _ = start()
    for _ in range(100):
        loop.tick(0, 0, True)
    assert loop.active


def test_max_steps_of_a_simulator_are_those_of_its_episodes():
    class Simulator(Mock):
        def reset(self, init_state, seed):
            pass

        def success(self):
            return False

    with pytest.raises(ParameterError, match='episodes.max_steps'):
        assemble(Simulator(Params(joints=NAMES)), BridgeParams(max_steps=5),
                 Contract(round(1e9 / 30), (), NAMES, ('rad', 'rad')), ShapingParams(),
                 EpisodeParams())
