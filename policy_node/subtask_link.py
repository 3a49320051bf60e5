"""Between the subtasks and ROS: what robots see, what is published, what a parameter may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from rclpy.node import Node

from policy_node.policy import Policy, SubtaskPolicy
from policy_node.subtasks import CurrentSubtask, SubtaskKeeper, SubtaskSettings, View
from segue_core.contract import Contract
from segue_core.parameters import ParameterError


class Port(Protocol):
    """Where a session asks: a `RobotPort`, or a client of the gateway."""

    @property
    def session_id(self) -> str:
        """Session that asked last; empty before the first."""

    def view(self) -> View | None:
        """What it sees now; None while something is missing."""

    def tell(self, session_id: str, new: CurrentSubtask) -> None:
        """The session pursues another subtask."""


class SubtaskLink:
    """Makes keepers whose subtasks appear on the topics of the robots.

    Args:
        node: For its log.
        contract: Its action columns may be grippers.
        ports: The robots.
        client: Finds a session of the gateway's clients.
    """

    def __init__(self, node: Node, contract: Contract, ports: Callable[[], Iterable[Port]],
                 client: Callable[[str], Port | None]) -> None:
        self._log, self._contract = node.get_logger(), contract
        self._ports, self._client = ports, client

    def keeper(self, settings: SubtaskSettings) -> SubtaskKeeper:
        """A new keeper.

        Raises:
            ParameterError: As `check`.
        """
        self.check(settings)
        return SubtaskKeeper(settings, newest=self._view, on_change=self._tell)

    def check(self, settings: SubtaskSettings) -> None:
        """Compare settings with the contract.

        Raises:
            ParameterError: A gripper is not an action column.
        """
        columns = self._contract.action_names
        for name in settings.subtask_grippers:
            if name not in columns:
                raise ParameterError('parameter subtask_grippers must be columns of '
                                     f'contract.actions ({", ".join(columns)}), got {name!r}')

    def warn(self, settings: SubtaskSettings, policy: Policy | None) -> None:
        """Say that a policy cannot do what is asked of it, if so."""
        if settings.generate_subtask and policy and not isinstance(policy, SubtaskPolicy):
            self._log.warning(
                f'generate_subtask is true, but policy {policy.metadata.name} derives no subtasks: '
                'its actions follow the prompt, or low_level_prompt if there is one')

    def _view(self, session_id: str) -> View | None:
        port = self._port_of(session_id)
        return port.view() if port else None

    def _tell(self, session_id: str, new: CurrentSubtask) -> None:
        if port := self._port_of(session_id):
            port.tell(session_id, new)

    def _port_of(self, session_id: str) -> Port | None:
        """Where a session asks; None when it asks no more."""
        return next((p for p in self._ports() if p.session_id == session_id), None) \
            or self._client(session_id)
