"""The robot's side chooses the model: has policy_node load what the parameters name."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from rclpy.timer import Timer
from segue.srv import LoadPolicy

from segue_core.parameters import param
from segue_core.ros_node import LATCHED_QOS, steady_timer

SERVICE_PERIOD = 0.1
"""How often the service of a policy_node that is known is looked for [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPolicyParams:
    """Parameters ``load_policy.*`` of robot_bridge; empty ones are left to policy_node."""

    policy: str = param('', 'Kind of policy that policy_node shall load; empty: what it has.')
    config: str = param('', "The policy's own configuration name.")
    checkpoint: str = param('', "Directory or file with weights, on policy_node's machine.")
    device: str = param('', 'Where to run: cpu, cuda, cuda:0.')
    prompt: str = param('', 'Task instruction of all sessions, whatever `task` or a simulator '
                        'say.')


class PolicyChoice:
    """Calls ``~/load_policy`` once of each policy_node that starts, unless it has what is wanted.

    Whoever loads another policy afterwards is not overruled.

    Args:
        node: Owner.
        wanted: What shall be loaded.
    """

    def __init__(self, node: Node, wanted: LoadPolicyParams) -> None:
        self._node, self._log = node, node.get_logger()
        self._wanted = {name: value for name, value in asdict(wanted).items()
                        if value and name != 'prompt'}
        self._asked = ''
        self._client: Client | None = None
        self._looking: Timer | None = None
        if self._wanted:
            node.create_subscription(DiagnosticStatus, 'policy_status', self._on_status,
                                     LATCHED_QOS)

    def _on_status(self, msg: DiagnosticStatus) -> None:
        if msg.level == DiagnosticStatus.ERROR:
            self._log.error(f'{msg.name}: {msg.message}')
        else:
            self._log.info(f'{msg.name}: {msg.message}')
        values = {v.key: v.value for v in msg.values}
        if values['loading'] or values['instance'] == self._asked:
            return
        self._asked = values['instance']
        if any(values.get(name) != value for name, value in self._wanted.items()):
            self._stop_asking()
            self._client = self._node.create_client(LoadPolicy, f'{msg.name}/load_policy')
            self._looking = steady_timer(self._node, SERVICE_PERIOD, self._ask_when_ready)

    def _ask_when_ready(self) -> None:
        assert self._client is not None
        if not self._client.service_is_ready():
            return
        self._stop_looking()
        what = ', '.join(f'{name} {value}' for name, value in self._wanted.items())
        self._log.info(f'asking policy_node to load {what}')
        self._client.call_async(LoadPolicy.Request(**self._wanted)).add_done_callback(
            self._on_answer)

    def _on_answer(self, future: Future) -> None:
        answer = future.result()
        if answer is not None and not answer.success:
            self._log.error(f'policy_node did not load {self._wanted.get("policy", "")!r}: '
                            f'{answer.message}; correct load_policy.* and start the bridge again, '
                            'or call its ~/load_policy')

    def _stop_asking(self) -> None:
        self._stop_looking()
        if self._client is not None:
            self._node.destroy_client(self._client)
            self._client = None

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._node.destroy_timer(self._looking)
            self._looking = None
