"""The gateway as policy_node has it: open while the node is active, absent when no port is set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from policy_node.gateway.errors import GatewayError
from policy_node.gateway.memory import return_large_blocks
from policy_node.gateway.parameters import Params
from policy_node.inference import InferenceThread
from segue_core.parameters import ParameterError

if TYPE_CHECKING:
    from policy_node.gateway.server import Gateway
    from policy_node.gateway.shared import Robot
    from policy_node.gateway.subtasks import Session


class Door:
    """Opens and closes a gateway.

    Args:
        params: ``gateway.*``; without a port there is no gateway.
        inference: Where requests go.
        columns: Feature -> how many columns the contract gives it.
        prompt: The instruction of requests without one.
        log: The node's logger.
        robots: Name -> robot; shown on the page if the contract observes something.

    Raises:
        ParameterError: A parameter cannot be used, or a package is missing.
    """

    def __init__(self, params: Params, inference: InferenceThread, columns: Mapping[str, int],
                 prompt: Callable[[], str], log: Any,
                 robots: Callable[[], Mapping[str, Robot]] = dict) -> None:
        self._gateway: Gateway | None = None
        self._log = log
        if not params.port:
            return
        try:
            from policy_node.gateway.features import FeatureMap
            from policy_node.gateway.server import Gateway
            from policy_node.gateway.shared import Shared
        except ImportError as error:
            raise ParameterError(f'gateway.port {params.port} needs websockets and msgpack: '
                                 f'{error}; install them into this Python: pip install '
                                 'websockets msgpack') from error
        return_large_blocks()
        self._gateway = Gateway(Shared(params, inference, FeatureMap(params, columns), prompt, log,
                                       robots if columns else dict))

    def open(self) -> bool:
        """Let clients in; False, and why in the log, when that is not possible."""
        try:
            if self._gateway:
                self._gateway.open()
        except GatewayError as error:
            self._log.error(str(error))
            return False
        return True

    def close(self, reason: str) -> None:
        """Disconnect all clients and let none in."""
        if self._gateway:
            self._gateway.close(reason)

    def session(self, session_id: str) -> Session | None:
        """A client's session, as who keeps subtasks wants to know it; None without it."""
        return self._gateway.session(session_id) if self._gateway else None

    def figures(self) -> dict[str, object] | None:
        """What was counted; None when there is no gateway."""
        if self._gateway is None:
            return None
        return {'url': self._gateway.url if self._gateway.port else 'closed',
                **asdict(self._gateway.counts)}
