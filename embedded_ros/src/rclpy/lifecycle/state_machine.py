"""States of a managed node and the transitions between them (design.ros2.org, node lifecycle)."""

from __future__ import annotations

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


UNKNOWN = LifecycleState('unknown', State.PRIMARY_STATE_UNKNOWN)
UNCONFIGURED = LifecycleState('unconfigured', State.PRIMARY_STATE_UNCONFIGURED)
INACTIVE = LifecycleState('inactive', State.PRIMARY_STATE_INACTIVE)
ACTIVE = LifecycleState('active', State.PRIMARY_STATE_ACTIVE)
FINALIZED = LifecycleState('finalized', State.PRIMARY_STATE_FINALIZED)
CONFIGURING = LifecycleState('configuring', State.TRANSITION_STATE_CONFIGURING)
CLEANINGUP = LifecycleState('cleaningup', State.TRANSITION_STATE_CLEANINGUP)
SHUTTINGDOWN = LifecycleState('shuttingdown', State.TRANSITION_STATE_SHUTTINGDOWN)
ACTIVATING = LifecycleState('activating', State.TRANSITION_STATE_ACTIVATING)
DEACTIVATING = LifecycleState('deactivating', State.TRANSITION_STATE_DEACTIVATING)
ERRORPROCESSING = LifecycleState('errorprocessing', State.TRANSITION_STATE_ERRORPROCESSING)

STATES = (
    UNKNOWN, UNCONFIGURED, INACTIVE, ACTIVE, FINALIZED,
    CONFIGURING, CLEANINGUP, SHUTTINGDOWN, ACTIVATING, DEACTIVATING, ERRORPROCESSING,
)  # fmt: skip

_SUCCESS, _FAILURE, _ERROR = 'transition_success', 'transition_failure', 'transition_error'

TRANSITIONS = tuple(
    LifecycleTransition(*arguments)
    for arguments in (
        (Transition.TRANSITION_CONFIGURE, 'configure', UNCONFIGURED, CONFIGURING),
        (Transition.TRANSITION_ON_CONFIGURE_SUCCESS, _SUCCESS, CONFIGURING, INACTIVE),
        (Transition.TRANSITION_ON_CONFIGURE_FAILURE, _FAILURE, CONFIGURING, UNCONFIGURED),
        (Transition.TRANSITION_ON_CONFIGURE_ERROR, _ERROR, CONFIGURING, ERRORPROCESSING),
        (Transition.TRANSITION_CLEANUP, 'cleanup', INACTIVE, CLEANINGUP),
        (Transition.TRANSITION_ON_CLEANUP_SUCCESS, _SUCCESS, CLEANINGUP, UNCONFIGURED),
        (Transition.TRANSITION_ON_CLEANUP_FAILURE, _FAILURE, CLEANINGUP, INACTIVE),
        (Transition.TRANSITION_ON_CLEANUP_ERROR, _ERROR, CLEANINGUP, ERRORPROCESSING),
        (Transition.TRANSITION_ACTIVATE, 'activate', INACTIVE, ACTIVATING),
        (Transition.TRANSITION_ON_ACTIVATE_SUCCESS, _SUCCESS, ACTIVATING, ACTIVE),
        (Transition.TRANSITION_ON_ACTIVATE_FAILURE, _FAILURE, ACTIVATING, INACTIVE),
        (Transition.TRANSITION_ON_ACTIVATE_ERROR, _ERROR, ACTIVATING, ERRORPROCESSING),
        (Transition.TRANSITION_DEACTIVATE, 'deactivate', ACTIVE, DEACTIVATING),
        (Transition.TRANSITION_ON_DEACTIVATE_SUCCESS, _SUCCESS, DEACTIVATING, INACTIVE),
        (Transition.TRANSITION_ON_DEACTIVATE_FAILURE, _FAILURE, DEACTIVATING, ACTIVE),
        (Transition.TRANSITION_ON_DEACTIVATE_ERROR, _ERROR, DEACTIVATING, ERRORPROCESSING),
        (Transition.TRANSITION_UNCONFIGURED_SHUTDOWN, 'shutdown', UNCONFIGURED, SHUTTINGDOWN),
        (Transition.TRANSITION_INACTIVE_SHUTDOWN, 'shutdown', INACTIVE, SHUTTINGDOWN),
        (Transition.TRANSITION_ACTIVE_SHUTDOWN, 'shutdown', ACTIVE, SHUTTINGDOWN),
        (Transition.TRANSITION_ON_SHUTDOWN_SUCCESS, _SUCCESS, SHUTTINGDOWN, FINALIZED),
        (Transition.TRANSITION_ON_SHUTDOWN_FAILURE, _FAILURE, SHUTTINGDOWN, FINALIZED),
        (Transition.TRANSITION_ON_SHUTDOWN_ERROR, _ERROR, SHUTTINGDOWN, ERRORPROCESSING),
        (Transition.TRANSITION_ON_ERROR_SUCCESS, _SUCCESS, ERRORPROCESSING, UNCONFIGURED),
        (Transition.TRANSITION_ON_ERROR_FAILURE, _FAILURE, ERRORPROCESSING, FINALIZED),
        (Transition.TRANSITION_ON_ERROR_ERROR, _ERROR, ERRORPROCESSING, FINALIZED),
    )
)


class LifecycleStateMachine:
    """The state of one managed node."""

    def __init__(self) -> None:
        """Start unconfigured."""
        self.state = UNCONFIGURED

    def available_transitions(self) -> list[LifecycleTransition]:
        """Transitions out of the present state."""
        return [transition for transition in TRANSITIONS if transition.start == self.state]

    def by_id(self, transition_id: int) -> LifecycleTransition:
        """Transition of an id out of the present state.

        Raises:
            RCLError: There is none.
        """
        return self._find('transition_id', transition_id)

    def by_label(self, label: str) -> LifecycleTransition:
        """Transition of a label out of the present state.

        Raises:
            RCLError: There is none.
        """
        return self._find('label', label)

    def _find(self, attribute: str, value: int | str) -> LifecycleTransition:
        available = self.available_transitions()
        for transition in available:
            if getattr(transition, attribute) == value:
                return transition
        choices = ', '.join(f'{each.label} ({each.transition_id})' for each in available)
        raise RCLError(
            f'Failed to trigger lifecycle state machine transition: no transition {value!r} '
            f"out of state '{self.state.label}'; choose from {choices or 'none'}"
        )
