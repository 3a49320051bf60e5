"""The bridge's states, and the one table of what leads from one to another. Pure."""

from __future__ import annotations

from enum import Enum, IntEnum


class State(IntEnum):
    """State of the bridge, as in BridgeStatus.msg."""

    IDLE = 0
    READY = 1
    RUNNING = 2
    STARVED = 3
    HOLDING = 4
    FAULT = 5
    E_STOPPED = 6
    APPROACHING = 7


class Event(Enum):
    """What can happen to the bridge; the value is the text for people."""

    START = 'a session begins'
    APPROACH = 'sent to the ready pose'
    ARRIVE = 'came to rest at the ready pose'
    ACTION = 'an action is executed'
    STARVE = 'nothing to execute, or no fresh chunk within watchdog_timeout'
    HOLD = 'told to hold, or a lockstep world waits long for an answer'
    RELEASE = 'told to go on'
    STOP = 'deactivated, or the episode ended'
    FAIL = 'the driver failed'
    E_STOP = 'emergency stop'
    RESET = 'the emergency stop was reset'


ACTIVE = (State.READY, State.APPROACHING, State.RUNNING, State.STARVED, State.HOLDING)
"""States in which control ticks drive the robot."""

TABLE: dict[tuple[State, Event], State] = {
    (State.IDLE, Event.START): State.READY,
    (State.READY, Event.APPROACH): State.APPROACHING,
    (State.HOLDING, Event.APPROACH): State.APPROACHING,
    (State.APPROACHING, Event.ARRIVE): State.READY,
    (State.READY, Event.ACTION): State.RUNNING,
    (State.READY, Event.STARVE): State.READY,
    (State.RUNNING, Event.ACTION): State.RUNNING,
    (State.RUNNING, Event.STARVE): State.STARVED,
    (State.STARVED, Event.ACTION): State.RUNNING,
    (State.STARVED, Event.STARVE): State.STARVED,
    (State.HOLDING, Event.ACTION): State.RUNNING,
    (State.HOLDING, Event.STARVE): State.STARVED,
    (State.HOLDING, Event.RELEASE): State.READY,
    (State.E_STOPPED, Event.RESET): State.IDLE,
    (State.FAULT, Event.START): State.READY,
    **{(state, Event.HOLD): State.HOLDING for state in ACTIVE},
    **{(state, Event.STOP): State.IDLE for state in ACTIVE},
    **{(state, Event.FAIL): State.FAULT for state in (State.IDLE, *ACTIVE)},
    **{(state, Event.E_STOP): State.E_STOPPED for state in State},
}
"""(state, event) -> next state. Every other pair leaves the state as it is."""


def following(state: State, event: Event) -> State:
    """State after an event."""
    return TABLE.get((state, event), state)
