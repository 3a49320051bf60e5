"""Between the subtasks and ROS: what robots see, what is published, what a parameter may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rclpy.node import Node

from policy_node.policy import Policy, SubtaskPolicy
from policy_node.robot_port import RobotPort
from policy_node.subtasks import CurrentSubtask, SubtaskKeeper, SubtaskSettings, View
from segue_core.contract import Contract
from segue_core.parameters import ParameterError


class SubtaskLink:
    """Makes keepers whose subtasks appear on the topics of the robots.

    Args:
        node: For its log.
        contract: Its action columns may be grippers.
        ports: The robots.
    """

    def __init__(self, node: Node, contract: Contract, ports: Callable[[], Iterable[RobotPort]]
                 ) -> None:
        self._log, self._contract, self._ports = node.get_logger(), contract, ports

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

    def _port_of(self, session_id: str) -> RobotPort | None:
        """Where a session asks; None when it asks no more, or not over a topic."""
        return next((p for p in self._ports() if p.session_id == session_id), None)
