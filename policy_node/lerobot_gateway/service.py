"""What the protocol's four calls do for one robot; knows neither gRPC nor ROS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Protocol
from uuid import uuid4

import numpy as np

from policy_node.lerobot_gateway.fitting import Fit, Sample, fit
from policy_node.lerobot_gateway.parameters import GatewayParams
from policy_node.lerobot_gateway.seat import Seat
from policy_node.lerobot_gateway.session import Asked, Refused, Session
from policy_node.lerobot_gateway.told import Wanted, read_seen, read_wanted
from policy_node.lerobot_wire.messages import data_of, joined
from policy_node.lerobot_wire.writing import timed_actions
from segue_core.chunk import Chunk, ChunkError, Request
from segue_core.contract import Contract

OBSERVATION_WAIT = 2.0
"""How long GetActions waits for an observation before it answers without actions [s]."""
MAX_OBSERVATION_BYTES = 1 << 27
WARN_PERIOD = 2.0
"""How often the same warning is told [s]."""


class PolicyPort(Protocol):
    """The way to policy_node; its methods come on any thread."""

    def now_ns(self) -> int:
        """An instant after all that were given before [ns, ROS time]."""

    def loaded(self) -> str:
        """What policy_node has loaded, for people."""

    def load(self, checkpoint: str, device: str, seconds: float) -> None:
        """Have policy_node load a LeRobot checkpoint, unless it has.

        Raises:
            Refused: It cannot, or not in time.
        """

    def wait(self, seconds: float) -> None:
        """Wait until a policy_node with a policy listens.

        Raises:
            Refused: There is none in time.
        """

    def ask(self, sample: Sample, request: Request) -> Future[Chunk]:
        """Show what was seen and ask for a chunk; `ChunkError` in the future is the policy's.

        Raises:
            Refused: No policy_node listens.
        """


class RobotService:
    """The four calls of one robot's clients. A client is named by its connection.

    Args:
        contract: What policy_node observes, and the columns of an action.
        params: The gateway's.
        renames: Name in the contract -> key of the client.
        port: To policy_node.
        log: With ``info`` and ``warning``.
    """

    def __init__(self, contract: Contract, params: GatewayParams, renames: Mapping[str, str],
                 port: PolicyPort, log: Any) -> None:
        self._contract, self._params, self._renames = contract, params, renames
        self._port, self._log = port, log
        self._seat = Seat(lambda: Session(uuid4().hex, port.now_ns(), params.similarity_atol))

    def ready(self, peer: str, message: bytes) -> bytes:
        """A client begins; what one before it told is forgotten.

        Raises:
            Refused: Another client has the robot.
        """
        self._seat.take(peer)
        self._log.info(f'client {peer} has come')
        return b''

    def instruct(self, peer: str, message: bytes) -> bytes:
        """A client tells what its robot gives and which model it wants.

        Raises:
            Refused: There is no policy, or it cannot be loaded.
            WireError, PickleError, FitError: The robot is not the contract's.
        """
        with self._seat.call(peer) as session:
            wanted = read_wanted(data_of(message))
            fitted = fit(self._contract, wanted, self._renames)
            self._provide(wanted)
            self._tell(fitted)
            session.fit, session.rows = fitted, wanted.rows
            return b''

    def observe(self, peer: str, parts: Iterable[bytes]) -> bytes:
        """A client shows what its robot sees.

        Raises:
            Refused: It did not send instructions.
            WireError, PickleError, FitError: The observation cannot be used.
        """
        with self._seat.call(peer) as session:
            fitted = _fit_of(session)
            seen = read_seen(joined(parts, MAX_OBSERVATION_BYTES))
            session.see(Asked(seen.timestamp, seen.timestep, seen.must_go, fitted.sample(seen)))
            return b''

    def actions(self, peer: str, message: bytes) -> bytes:
        """A client asks for actions.

        Returns:
            Pickle of a list of ``TimedAction``; empty when there is nothing to answer.

        Raises:
            Refused: There is no policy_node, or it does not answer in time or with an error.
        """
        with self._seat.call(peer) as session:
            fitted = _fit_of(session)
            with session.newest(OBSERVATION_WAIT) as asked:
                if asked is None:
                    return b''
                chunk = self._chunk(session, asked)
                rows = chunk.actions[:session.rows, self._columns(fitted, chunk)]
            return timed_actions(asked.timestamp, asked.timestep, chunk.step_ns / 1e9, rows)

    def left(self, peer: str) -> None:
        """A call ended because its client went."""
        self._seat.left(peer)

    def _provide(self, wanted: Wanted) -> None:
        """See that there is a policy, and say what was asked for."""
        asked = f'{wanted.policy_type} {wanted.checkpoint} on {wanted.device}'
        if self._params.load:
            self._log.info(f'the client wants {asked}: asking policy_node to load it')
            self._port.load(wanted.checkpoint, wanted.device, self._params.load_timeout)
        self._port.wait(self._params.policy_timeout)
        if not self._params.load:
            self._log.info(f'the client wants {asked}; it gets what policy_node has: '
                           f'{self._port.loaded()} (load: true would load it)')

    def _tell(self, fitted: Fit) -> None:
        """Say in which order the client gets the columns."""
        order = ', '.join(fitted.order)
        if fitted.by_name:
            self._log.info(f'actions go to the client as {order}: the order of its state')
        else:
            self._log.warning(f'actions go to the client as {order}: the order of contract.actions,'
                              ' because its state has not all of these; the action_features of '
                              'its robot must be the same')

    def _chunk(self, session: Session, asked: Asked) -> Chunk:
        """Ask policy_node."""
        session.requests += 1
        columns = self._contract.action_names
        request = Request(
            session_id=session.session_id, session_start_ns=session.start_ns,
            request_id=session.requests, stamp_ns=self._port.now_ns(), timestep=asked.timestep,
            task=asked.sample.task, must_go=asked.must_go, queue_size=0, estimated_delay=0.0,
            deadline_ns=round(self._params.timeout * 1e9), names=columns,
            prefix=np.zeros((0, len(columns))))
        answer = self._port.ask(asked.sample, request)
        session.expect(answer)
        try:
            return answer.result(self._params.timeout)
        except FutureTimeout as error:
            raise Refused('DEADLINE_EXCEEDED', 'policy_node did not answer within '
                          f'{self._params.timeout:g} s; see its log, and timeout of the gateway'
                          ) from error
        except CancelledError as error:
            raise Refused('CANCELLED', 'the client went or began anew') from error
        except ChunkError as error:
            raise Refused('INTERNAL', f'policy_node has no actions: {error}') from error

    def _columns(self, fitted: Fit, chunk: Chunk) -> list[int]:
        """Where the columns that the client takes are in a chunk."""
        units = dict(zip(chunk.names, chunk.units, strict=True))
        wanted = dict(zip(self._contract.action_names, self._contract.action_units, strict=True))
        if units != wanted:
            raise Refused('INTERNAL', f'policy_node answers columns {units}, contract.actions of '
                          f'the gateway are {wanted}: give both the same contract')
        return [chunk.names.index(name) for name in fitted.order]


def _fit_of(session: Session) -> Fit:
    if session.fit is None:
        raise Refused('FAILED_PRECONDITION', 'the client has sent no policy instructions that '
                      'could be followed: start robot_client again')
    return session.fit
