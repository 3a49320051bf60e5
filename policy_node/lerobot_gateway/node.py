"""ROS shell of the gateway: a port and a gRPC server for each robot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rclpy.node import Node

from policy_node.lerobot_gateway.parameters import GatewayParams
from policy_node.lerobot_gateway.port import TYPES, RosPolicyPort
from policy_node.lerobot_gateway.service import WARN_PERIOD, RobotService
from policy_node.policies.remote import mapping
from policy_node.policy import PolicyError
from segue_core.contract import Contract
from segue_core.parameters import ParameterError
from segue_core.ros_node import run, steady_timer
from segue_core.ros_parameters import ParameterTables

if TYPE_CHECKING:
    from policy_node.lerobot_gateway.servicer import Server

POLL_PERIOD = 0.05
"""How often policy_node is looked for [s]."""


class GatewayNode(Node):
    """Serves LeRobot's clients, one for each robot, with what policy_node infers."""

    def __init__(self) -> None:
        super().__init__('lerobot_gateway', automatically_declare_parameters_from_overrides=True)
        self._ports: list[RosPolicyPort] = []
        self._servers: list[Server] = []
        tables = ParameterTables(self)
        params = tables.declare(GatewayParams)
        contract = tables.declare_contract()
        tables.refuse_unknown(('autostart',))
        _check(contract, params)
        server_of = _servers()
        renames = mapping('rename_map', params.rename_map)
        log = self.get_logger()
        warn = partial(log.warning, throttle_duration_sec=WARN_PERIOD)
        for k, robot in enumerate(params.robots or ('',)):
            port = RosPolicyPort(self, robot, contract)
            self._ports.append(port)
            server = server_of(RobotService(contract, params, renames, port, log), params.host,
                               params.port and params.port + k, warn)
            self._servers.append(server)
            log.info(f'{robot}: robot_client --server_address={params.host}:{server.port}'
                     .removeprefix(': '))
        steady_timer(self, POLL_PERIOD, self._poll)

    def close(self) -> None:
        """End all calls."""
        for port in self._ports:
            port.close()
        for server in self._servers:
            server.close()

    def _poll(self) -> None:
        for port in self._ports:
            port.poll()


def _servers() -> type[Server]:
    """The gRPC half.

    Raises:
        ParameterError: grpcio is missing.
    """
    try:
        from policy_node.lerobot_gateway.servicer import Server
    except ImportError as error:
        raise ParameterError(f'lerobot_gateway needs grpcio: {error}; install it into this Python: '
                             'pip install grpcio') from error
    return Server


def _check(contract: Contract, params: GatewayParams) -> None:
    """Refuse a contract that no LeRobot client can fill.

    Raises:
        ParameterError: Names the input and what is possible.
    """
    if not contract.inputs or not contract.action_names:
        raise ParameterError('contract.observations and contract.actions are empty; start the '
                             "gateway with policy_node's parameter file: --params-file")
    for i in contract.inputs:
        if i.type not in TYPES:
            raise ParameterError(f'contract.{i.name}.type is {i.type}; LeRobot clients give '
                                 f'{", ".join(TYPES)}')
        if len(params.robots) > 1 and i.topic.startswith('/'):
            raise ParameterError(f'contract.{i.name}.topic {i.topic!r} is the same for all robots; '
                                 'each client gives its own: leave the slash out')


def main(args: list[str] | None = None) -> int:
    """Run lerobot_gateway."""
    return run(GatewayNode, args, (ParameterError, PolicyError))
