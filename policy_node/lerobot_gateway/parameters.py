"""Parameters of lerobot_gateway, in one table; the contract's are in `segue_core.contract`."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import ParameterError, param

PORTS = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayParams:
    """Parameters of lerobot_gateway."""

    host: str = param('127.0.0.1', 'Address to listen on. Whoever reaches it moves the robots: '
                      'only on a network that you trust.')
    port: int = param(8080, 'Port of the first robot; each further one has the next. 0: free ones, '
                      'told in the log.', low=0, high=PORTS)
    robots: tuple[str, ...] = param(
        (), 'Namespaces of the robots, one client each, as in policy_node; its own namespace alone '
        'when empty.')
    rename_map: tuple[str, ...] = param(
        (), "Client's key=name in the contract, where they differ: of a camera the name of the "
        'input, of a joint the entry in contract.<input>.names.')
    load: bool = param(False, 'Have policy_node load the checkpoint that a client names.')
    load_timeout: float = param(120.0, 'How long that may take.', unit='s', low=0.01, high=3600.0)
    policy_timeout: float = param(30.0, 'How long a client that begins waits for a policy_node '
                                  'with a policy.', unit='s', low=0.0, high=3600.0)
    timeout: float = param(30.0, 'How long policy_node may take for a chunk.', unit='s', low=0.01,
                           high=3600.0)
    similarity_atol: float = param(
        1.0, "An observation that need not be answered is skipped while the client's state is "
        'nearer than this to the last one that was answered (Euclidean distance over all columns). '
        "As in LeRobot's server 1 of the robot's units; 0 skips none.", low=0.0, high=1e6)

    def __post_init__(self) -> None:
        names = [robot.strip('/') for robot in self.robots]
        if not all(names) or len(set(names)) != len(names):
            raise ParameterError('parameter robots must be namespaces, each another one and none '
                                 f'empty, such as [arm_1, arm_2]; got {list(self.robots)}')
        if self.port and self.port + len(self.robots) - 1 > PORTS:
            raise ParameterError(f'parameter port must leave a port for each of '
                                 f'{len(self.robots)} robots, got {self.port}')
