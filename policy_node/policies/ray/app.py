"""The application: `build` for Serve configurations and `serve run`, its one deployment, its table.

```yaml
applications:
- name: segue
  route_prefix: /segue
  import_path: policy_node.policies.ray.app:build
  args: {params_file: /models/libero.yaml, parameters: {policy: reference}, num_gpus: 1}
```
"""
# No `from __future__ import annotations`: Serve looks at the type that `build` takes.

import asyncio
import hmac
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.serve.config import RequestRouterConfig
from starlette.requests import Request
from starlette.responses import Response

from policy_node.parameters import PolicyParams
from policy_node.policies.ray.answers import Answers, Arrived
from policy_node.policies.ray.batches import Batches
from policy_node.policies.ray.wire import Answer, Description, Question, WireError, read, write
from policy_node.policy import PolicyConfig
from policy_node.server import GROUP, MAX_SESSIONS
from segue_core.parameter_file import contract_of, read_parameters, table_of
from segue_core.plugins import load_plugin

DEPLOYMENT = 'policy'
TOKEN = 'SEGUE_RAY_TOKEN'
STICKY_ROUTER = 'ray.serve.experimental.consistent_hash_router:ConsistentHashRouter'
SURGE_PERCENT = 25
"""New replicas that start before old ones stop, of those there are; at least one."""


class Arguments(BaseModel):
    """Arguments of `build`, as Serve checks them."""

    model_config = ConfigDict(extra='forbid')

    params_file: str = Field(description='parameter file with the contract, as for policy_node')
    parameters: dict[str, Any] = Field(
        default={}, description='parameters of policy_node that differ from those of the file, by '
        'their full names: policy, checkpoint, device, max_batch_size, batch_wait, reference.rtc')
    replicas: int = Field(default=1, ge=1, description='replicas, if their number is fixed')
    min_replicas: int | None = Field(default=None, ge=0, description='fewest, if it is not')
    max_replicas: int | None = Field(default=None, ge=1, description='most; adapts to the load')
    num_cpus: float = Field(default=1.0, ge=0, description='CPU cores of a replica')
    num_gpus: float = Field(default=0.0, ge=0, description='GPUs of a replica; may be a part')
    sticky: bool = Field(default=True, description='send a session to the same replica each time; '
                         'false spreads better, for policies without a memory')


def build(arguments: Arguments) -> serve.Application:
    """Application builder of Ray Serve; the environment variable SEGUE_RAY_TOKEN guards it."""
    given = read_parameters(Path(arguments.params_file), 'policy_node') | arguments.parameters
    batch = table_of(PolicyParams, given).max_batch_size
    options: dict[str, Any] = {'num_replicas': arguments.replicas}
    if arguments.max_replicas:
        options = {'autoscaling_config': {
            'min_replicas': arguments.replicas if arguments.min_replicas is None
            else arguments.min_replicas,
            'max_replicas': arguments.max_replicas, 'target_ongoing_requests': batch}}
    if arguments.sticky:
        options['request_router_config'] = RequestRouterConfig(
            request_router_class=STICKY_ROUTER, request_router_kwargs={'num_fallback_replicas': 0})
    return serve.deployment(
        Replica, name=DEPLOYMENT, user_config={}, max_ongoing_requests=MAX_SESSIONS,
        max_surge_percent=SURGE_PERCENT, logging_config={'enable_access_log': False},
        ray_actor_options={'num_cpus': arguments.num_cpus, 'num_gpus': arguments.num_gpus},
        **options).bind(given, os.environ.get(TOKEN, '').strip())


class Replica:
    """One loaded policy, which infers on a thread of its own what waits, in batches.

    Args:
        given: Parameters of policy_node: full name -> value. ``user_config`` has those that
            differ; when it changes, the policy is loaded again, and the old one serves meanwhile
            those that Serve had sent before.
        token: What clients must show; empty for none.
    """

    def __init__(self, given: Mapping[str, Any], token: str) -> None:
        self._given, self._token = given, token
        self._thread = ThreadPoolExecutor(1, thread_name_prefix='inference')
        self._answers: Answers | None = None
        self._batches = Batches[Arrived, Answer](
            lambda arrived: self._loaded().answer(arrived), self._thread)

    async def reconfigure(self, changes: Mapping[str, Any]) -> None:
        """Load what is configured now; on failure the old policy stays."""
        given = {**self._given, **changes}
        params = table_of(PolicyParams, given)
        loop = asyncio.get_running_loop()
        loaded = await loop.run_in_executor(None, Answers, policy_config(given, params))
        old, self._answers = self._answers, loaded
        self._batches.max_size = params.max_batch_size if loaded.batches else 1
        self._batches.wait = params.batch_wait
        if old:
            await loop.run_in_executor(self._thread, old.close)

    async def __call__(self, request: Request) -> Response:
        """GET describes the policy, POST answers one question."""
        token = request.headers.get('authorization', '').removeprefix('Bearer ')
        if self._token and not hmac.compare_digest(token.encode(), self._token.encode()):
            return Response('another token is wanted', 401)
        if request.method == 'GET':
            return _message(self._loaded().describe())
        try:
            question = read(Question, await request.body())
        except WireError as error:
            return Response(str(error), 400)
        return _message(await self._batches.ask(Arrived(question, time.monotonic())))

    def check_health(self) -> None:
        """For Ray Serve, which ends a replica that fails this and starts another."""
        self._loaded().check(time.monotonic())

    def _loaded(self) -> Answers:
        if self._answers is None:
            raise RuntimeError('no policy is loaded')
        return self._answers


def policy_config(given: Mapping[str, Any], params: PolicyParams) -> PolicyConfig:
    """What policy_node would load with these parameters.

    Raises:
        ParameterError: A value does not fit.
        PluginError: The policy does not exist.
    """
    contract = contract_of(given)
    table = getattr(load_plugin(GROUP, params.policy), 'Params', None)
    return PolicyConfig(
        policy=params.policy, actions_per_chunk=params.actions_per_chunk,
        step_ns=contract.step_ns, action_names=contract.action_names,
        action_units=contract.action_units, features=contract.features, config=params.config,
        checkpoint=params.checkpoint, device=params.device,
        params=table_of(table, given, f'{params.policy}.') if table else None)


def _message(message: Answer | Description) -> Response:
    return Response(write(message), media_type='application/msgpack')
