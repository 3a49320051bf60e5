"""Parameters of policy_node, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from policy_node.server import MAX_SESSIONS
from policy_node.subtasks import SubtaskSettings
from segue_core.parameters import ParameterError, param


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyParams(SubtaskSettings):
    """Parameters of policy_node; the contract's are in `segue_core.contract`."""

    autostart: bool = param(False, 'Configure and activate at start, without a manager.')
    policy: str = param('', 'Kind of policy to load: expert, reference, lerobot, pi05, openpi, '
                        'gr00t, lerobot_server, ray, or package.module:attribute. Empty: be idle, '
                        'wait for ~/load_policy.')
    config: str = param('', "The policy's own configuration name.")
    checkpoint: str = param('', 'Directory or file with weights; package://<package>/<path> for '
                            'one that comes with a package.')
    device: str = param('cpu', 'Where to run: cpu, cuda, cuda:0.')
    lerobot_dataset_path: str = param(
        '', 'Folder of the LeRobot dataset that the policy was trained on: state and actions '
        'beyond its ranges are told, a sign of other units or another zero. Empty: not compared. '
        'The statistics that policies normalise with come with their checkpoint.')
    prompt: str = param('', 'Task instruction when neither the topic `task` nor the request has '
                        'one.', dynamic=True)
    actions_per_chunk: int = param(16, 'Rows of a chunk.', unit='control steps', low=1, high=1000)
    robots: tuple[str, ...] = param(
        (), "Namespaces of the robots that are served, each with the contract's inputs, "
        'chunk_request, action_chunk and task of its own; its own namespace alone when empty.')
    max_batch_size: int = param(
        8, 'Requests of several robots inferred at once, by policies that can.', low=1,
        high=MAX_SESSIONS, dynamic=True)
    batch_wait: float = param(
        0.003, 'How long a request waits for those of other robots to be inferred with it, if the '
        'policy can and other robots asked lately.', unit='s', low=0.0, high=1.0, dynamic=True)
    summary_period: float = param(0.0, 'Time between summary lines in the log; 0 for none.',
                                  unit='s', low=0.0, high=3600.0, dynamic=True)
    max_observation_age: float = param(
        0.2, 'How much older than the instant asked for a sample may be; 0 in lockstep.',
        unit='s', low=0.0, high=60.0)
    observation_timeout: float = param(
        2.0, 'How long to wait for the samples of a request before refusing it.', unit='s',
        low=0.0, high=600.0)

    def __post_init__(self) -> None:
        names = [robot.strip('/') for robot in self.robots if isinstance(robot, str)]
        if len(names) != len(self.robots) or not all(names) or len(set(names)) != len(names):
            raise ParameterError('parameter robots must be namespaces, each another one and none '
                                 f'empty, such as [arm_1, arm_2]; got {list(self.robots)}')
