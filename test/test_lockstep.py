"""Simulated time: the delays of the chunks are drawn alike on every machine."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import NAMES
from robot_bridge.assembly import assemble
from robot_bridge.driver import DriverSpec
from robot_bridge.episodes import EpisodeParams
from robot_bridge.lockstep import Lockstep, draw_delays
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.parameters import ShapingParams
from segue_core.contract import Contract
from segue_core.parameters import ParameterError, build


def test_drawn_delays_are_the_same_on_every_machine():
    drawn = list(islice(draw_delays((1, 2, 2, 8), seed=3), 12))
    assert drawn == [1, 2, 2, 2, 2, 1, 1, 8, 2, 1, 8, 2]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6), st.integers(0, 2**31 - 1))
def test_delays_are_drawn_from_the_list_and_the_seed_alone_decides(delays, seed):
    drawn = list(islice(draw_delays(delays, seed), 50))
    assert set(drawn) <= set(delays)
    assert drawn == list(islice(draw_delays(delays, seed), 50))


def test_delay_that_is_listed_twice_is_drawn_twice_as_often():
    drawn = list(islice(draw_delays((1, 2, 2, 8), seed=0), 40_000))
    assert [drawn.count(d) / 40_000 for d in (1, 2, 8)] == pytest.approx([.25, .5, .25], abs=.01)


def test_each_session_begins_with_the_delays_of_its_seed():
    lockstep = Lockstep(lambda seed: draw_delays(range(100), seed))

    def first(seed):
        lockstep.reset(seed)
        delays = []
        for _ in range(5):
            delays.append(lockstep.next_delay)
            lockstep.asked(0)
        return delays

    assert first(1) == first(1) != first(2)


class World:
    """As much of a simulator as it takes to assemble a bridge."""

    spec = DriverSpec('world', NAMES, ('rad', 'rad'), -np.ones(2), np.ones(2), 20.0)

    def connect(self): ...
    def read(self, *, cameras): ...
    def write(self, action): ...
    def hold(self): ...
    def stop(self): ...
    def disconnect(self): ...
    def reset(self, init_state, seed): ...
    def success(self): ...


@pytest.mark.parametrize('lockstep', [True, False])
@pytest.mark.parametrize('delays', [[1, -1], [1, 2.5], [True], ['a'], [99_999_999_999], [1001]])
def test_delays_that_are_no_control_steps_are_refused(delays, lockstep):
    with pytest.raises(ParameterError, match=r'inference_delays must be whole .* within 0\.\.1000'):
        build(BridgeParams, {'lockstep': lockstep, 'inference_delays': delays})


def test_units_of_the_contract_must_be_those_of_the_robot():
    contract = Contract(50_000_000, (), NAMES[::-1], ('deg', 'rad'))
    with pytest.raises(ParameterError, match="gives b in 'deg', driver world takes 'rad'"):
        assemble(World(), BridgeParams(), contract, ShapingParams(), EpisodeParams())
