"""States of a managed node and the transitions between them (design.ros2.org, node lifecycle)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lifecycle_msgs.msg import State, Transition

from rclpy._rclpy_pybind11 import RCLError


class LifecycleState(NamedTuple):
    """A state of a managed node."""

    label: str
    state_id: int


class LifecycleTransition(NamedTuple):
    """A transition from one state to another."""

    transition_id: int
    label: str
    start: LifecycleState
    goal: LifecycleState


_STATES = {
    label: LifecycleState(label, getattr(State, f'{kind}_STATE_{label.upper()}'))
    for kind, labels in (
        ('PRIMARY', 'unknown unconfigured inactive active finalized'),
        ('TRANSITION', 'configuring cleaningup shuttingdown activating deactivating '
                       'errorprocessing'),
    )
    for label in labels.split()
}  # fmt: skip
STATES = tuple(_STATES.values())

# Where each step starts, the state during it, and its goal on success and on failure; an error
# leads to error processing, an error in that to the end.
_STEPS = (
    ('configure', ('unconfigured',), 'configuring', 'inactive', 'unconfigured'),
    ('cleanup', ('inactive',), 'cleaningup', 'unconfigured', 'inactive'),
    ('activate', ('inactive',), 'activating', 'active', 'inactive'),
    ('deactivate', ('active',), 'deactivating', 'inactive', 'active'),
    ('shutdown', ('unconfigured', 'inactive', 'active'), 'shuttingdown', 'finalized', 'finalized'),
    ('error', (), 'errorprocessing', 'unconfigured', 'finalized'),
)


def _transitions() -> Iterator[LifecycleTransition]:
    def transition(name: str, label: str, start: str, goal: str) -> LifecycleTransition:
        number = getattr(Transition, f'TRANSITION_{name.upper()}')
        return LifecycleTransition(number, label, _STATES[start], _STATES[goal])

    for step, starts, during, success, failure in _STEPS:
        for start in starts:
            name = f'{start}_{step}' if len(starts) > 1 else step
            yield transition(name, step, start, during)
        error = 'finalized' if step == 'error' else 'errorprocessing'
        for outcome, goal in (('success', success), ('failure', failure), ('error', error)):
            yield transition(f'on_{step}_{outcome}', f'transition_{outcome}', during, goal)


TRANSITIONS = tuple(_transitions())


class LifecycleStateMachine:
    """The state of one managed node."""

    def __init__(self) -> None:
        """Start unconfigured."""
        self.state = _STATES['unconfigured']

    def available_transitions(self) -> list[LifecycleTransition]:
        """Transitions out of the present state."""
        return [transition for transition in TRANSITIONS if transition.start == self.state]

    def find(self, wanted: int | str) -> LifecycleTransition:
        """Transition of an id or a label out of the present state.

        Raises:
            RCLError: There is none.
        """
        available = self.available_transitions()
        for transition in available:
            if wanted in (transition.transition_id, transition.label):
                return transition
        choices = ', '.join(f'{each.label} ({each.transition_id})' for each in available)
        raise RCLError(
            f'Failed to trigger lifecycle state machine transition: no transition {wanted!r} '
            f"out of state '{self.state.label}'; choose from {choices or 'none'}"
        )
