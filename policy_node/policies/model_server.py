"""A model server that policy_node starts itself: then the robot's side can choose its model."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import subprocess
from collections.abc import Sequence
from functools import partial

from policy_node.policy import PolicyConfig, PolicyError

HOST = 'localhost'
PLACE = re.compile(r'\{(port|config|checkpoint|device)\}')
END_TIME = 5.0
"""How long a server may take to end when asked to [s]."""
_PR_SET_PDEATHSIG = 1


class ModelServer:
    """A process that serves one model on a port of its own, until it is closed.

    Args:
        parameter: Named in errors.
        command: Program and arguments; ``{port}``, ``{config}``, ``{checkpoint}`` and ``{device}``
            are filled in.
        config: What is to be served.

    Raises:
        PolicyError: The command cannot be started.
    """

    def __init__(self, parameter: str, command: Sequence[str], config: PolicyConfig) -> None:
        self._parameter, self.port = parameter, _free_port()
        places = {'port': str(self.port), 'config': config.config, 'checkpoint': config.checkpoint,
                  'device': config.device}
        words = [PLACE.sub(lambda place: places[place[1]], word) for word in command]
        # Nobody else would end the server if this process were killed.
        end_with_parent = partial(ctypes.CDLL(None).prctl, _PR_SET_PDEATHSIG, signal.SIGTERM)
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, start_new_session=True,
                preexec_fn=end_with_parent)
        except OSError as error:
            raise PolicyError(f'{parameter} cannot be started: {error}') from error

    def check(self) -> None:
        """See that it runs.

        Raises:
            PolicyError: It has ended.
        """
        code = self._process.poll()
        if code is not None:
            raise PolicyError(f'{self._parameter} ended with exit code {code} before it served; '
                              'its own output says why')

    def close(self) -> None:
        """End it, and what it started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
                self._process.wait(END_TIME)
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:      # all of them have ended
                self._process.wait()
            return


def start_server(parameter: str, command: Sequence[str], config: PolicyConfig
                 ) -> ModelServer | None:
    """Start the server that a command names; None without a command.

    Raises:
        PolicyError: The model that is asked for is not the one that would be served, or the server
            cannot be started.
    """
    for name in ('config', 'checkpoint'):
        given, used = getattr(config, name), any(f'{{{name}}}' in word for word in command)
        if given and not used:
            raise PolicyError(
                f'{name} {given!r} does not reach the model server: leave it out and start the '
                f'server with it, or set {parameter} to a command with {{{name}}}')
        if used and not given:
            raise PolicyError(f'{parameter} needs parameter {name}')
    if not command:
        return None
    if not any('{port}' in word for word in command):
        raise PolicyError(f'{parameter} needs {{port}}: where the server is to listen')
    return ModelServer(parameter, command, config)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
