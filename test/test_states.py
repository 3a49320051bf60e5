"""State table: the documentation and the code are the same table."""

from pathlib import Path

import pytest

from robot_bridge.states import ACTIVE, TABLE, Event, State, following

DOCS = Path(__file__).parents[1] / 'docs' / 'states.md'


def documented():
    table = {}
    for line in DOCS.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if len(cells) == 3 and cells[1] in Event.__members__ and cells[2] in State.__members__:
            names = State.__members__ if cells[0] == 'any' else cells[0].split(', ')
            for name in names:
                assert (State[name], Event[cells[1]]) not in table, line
                table[State[name], Event[cells[1]]] = State[cells[2]]
    return table


def test_documented_table_is_the_one_in_the_code():
    assert documented() == TABLE


@pytest.mark.parametrize('event', [e for e in Event if e is not Event.RESET])
def test_only_its_reset_leads_out_of_an_emergency_stop(event):
    assert following(State.E_STOPPED, event) is State.E_STOPPED


@pytest.mark.parametrize('state', ACTIVE)
@pytest.mark.parametrize(('event', 'to'), [(Event.E_STOP, State.E_STOPPED),
                                           (Event.FAIL, State.FAULT), (Event.STOP, State.IDLE)])
def test_every_active_state_can_be_stopped(state, event, to):
    assert following(state, event) is to


def test_message_and_code_number_the_states_alike():
    msg = (DOCS.parents[1] / 'msg' / 'BridgeStatus.msg').read_text()
    for state in State:
        assert f'uint8 {state.name}={state.value} ' in msg
