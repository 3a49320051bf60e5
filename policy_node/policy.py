"""What a policy is: load, infer, reset, metadata. The one seam between policy_node and models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class PolicyError(RuntimeError):
    """A policy cannot be loaded or cannot infer; the message names the cause and the remedy."""


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """How to load a policy.

    Attributes:
        policy: Kind of policy, a name in the entry point group ``segue.policies``.
        actions_per_chunk: Rows that each inference returns, >= 1.
        step_ns: Row spacing: one control step [ns].
        action_names: D columns that the bridge expects, in its order.
        action_units: D units of these columns.
        features: What the contract gives, as `Contract.features`; empty when it is not known.
        config: The policy's own configuration name; empty if it has none.
        checkpoint: Directory or file with weights; empty if it has none.
        device: Where to run: cpu, cuda, cuda:0.
        params: The policy's own table, an instance of its plug-in's ``Params``; None for the
            defaults, and for policies without one.
    """

    policy: str
    actions_per_chunk: int
    step_ns: int
    action_names: tuple[str, ...]
    action_units: tuple[str, ...]
    features: Mapping[str, int] = field(default_factory=dict)
    config: str = ''
    checkpoint: str = ''
    device: str = 'cpu'
    params: Any = None


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything a policy sees of one instant.

    Attributes:
        stamp_ns: The instant [ns, the bridge's clock].
        timestep: Control step that is executed next at that instant.
        prompt: Task instruction.
        subtask: Step of the task to pursue now, in words; empty when none is known. A policy of
            two levels conditions its actions on it instead of on the prompt.
        features: Policy feature name -> value, as the contract says: an image is (H, W, 3) uint8
            RGB, a vector (N,) float64, poses a mapping of frame name to (7,) x y z qx qy qz qw
            [m, -], markers a mapping of name to points (N, 3) [m], a marker its text.
        session_id: Run of the bridge that asks.
    """

    stamp_ns: int
    timestep: int
    prompt: str
    features: Mapping[str, Any]
    session_id: str = ''
    subtask: str = ''


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a policy answers.

    Attributes:
        actions: Shape (H, D), columns and units as in the metadata. Row 0 belongs to the
            observation's timestep.
        frozen_rows: How many of the first rows repeat the prefix unchanged.
        subtask: Subtask that the actions pursue; empty when the policy has none.
        timings: What the policy measured of its parts, for people: name -> time [s].
    """

    actions: NDArray[np.floating[Any]]
    frozen_rows: int = 0
    subtask: str = ''
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicyMetadata:
    """What a loaded policy says of itself.

    Attributes:
        name: For people: kind and checkpoint.
        action_names: D columns that it produces.
        action_units: D units.
        horizon: Rows H of a prediction.
        features: Feature names that it needs in ``Observation.features``.
    """

    name: str
    action_names: tuple[str, ...]
    action_units: tuple[str, ...]
    horizon: int
    features: tuple[str, ...] = field(default=())


IMAGE, VECTOR, OTHER = 'image', 'vector', 'other'


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature that a policy needs.

    Attributes:
        name: In ``Observation.features``.
        kind: `IMAGE`, `VECTOR`, or `OTHER` for poses, markers and texts.
        shape: (H, W, 3) of an image [px], (N,) of a vector; empty when it is not known.
    """

    name: str
    kind: str
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a policy needs and makes, told before it is loaded and without a contract.

    A plug-in may have ``describe(config: PolicyConfig) -> Requirements`` beside ``create``. Of the
    configuration it reads ``config``, ``checkpoint``, ``device`` and ``params``; the contract's
    fields may be empty. It loads no weights, and raises `PolicyError` as ``create`` does.

    Attributes:
        features: What it needs.
        columns: Action columns D; 0 when they are not known.
        action_names: D columns; empty when they have no names.
        action_units: D units; empty when they are not known.
        horizon: Rows H of the longest chunk; 0 when it is not known.
        control_rate: At which the rows are meant to be executed [Hz]; 0 when it is not known.
        prefix: How a chunk can continue the queued rows, in words; empty when it cannot.
        rtc: The same as values of the parameter ``rtc``: guided, trained; of a switch, guided.
        batches: Whether it is a `BatchPolicy`.
        subtasks: Whether it is a `SubtaskPolicy`.
        notes: What else people should know, one sentence each.
    """

    features: tuple[Feature, ...]
    columns: int = 0
    action_names: tuple[str, ...] = ()
    action_units: tuple[str, ...] = ()
    horizon: int = 0
    control_rate: float = 0.0
    prefix: str = ''
    rtc: tuple[str, ...] = ()
    batches: bool = False
    subtasks: bool = False
    notes: tuple[str, ...] = ()


class Policy(Protocol):
    """A loaded policy. Used from one thread at a time.

    It may have ``close()``, called when another one takes its place or the node ends.
    """

    metadata: PolicyMetadata

    def infer(self, observation: Observation, prefix: NDArray[np.float64], delay: float
              ) -> Prediction:
        """Predict the actions from the observation on.

        Args:
            observation: What is seen; holds every feature named in the metadata.
            prefix: Rows that the robot still holds for ``observation.timestep``, the next
                timestep, ...; shape (P, D) in the order of ``metadata.action_names``. P may be 0.
            delay: Control steps that will be executed before the prediction arrives, >= 0.

        Returns:
            The actions.

        Raises:
            PolicyError: The observation cannot be used or the model failed.
        """

    def reset(self, session_id: str) -> None:
        """Forget everything about one session: it begins, or it is over.

        Several robots may be served in turn, so what a policy remembers between chunks it
        remembers for each ``observation.session_id``.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What `Policy.infer` is asked, as a value.

    Attributes:
        observation: What is seen.
        prefix: Rows that the robot still holds, shape (P, D).
        delay: Control steps that will be executed before the prediction arrives, >= 0.
    """

    observation: Observation
    prefix: NDArray[np.float64]
    delay: float


@runtime_checkable
class BatchPolicy(Policy, Protocol):
    """A policy that can also infer for several robots at once."""

    def infer_batch(self, queries: Sequence[Query]) -> list[Prediction | PolicyError]:
        """Predict for each query what `infer` would, whoever else is in the batch.

        Args:
            queries: At least one, each of another session. Prefixes may differ in length.

        Returns:
            For each query its actions, or why there are none.
        """


@dataclass(frozen=True, slots=True)
class Subtask:
    """The step of a task that comes next.

    Attributes:
        text: In words; never empty.
        tokens: Token ids of the text; empty when the policy has no tokeniser.
    """

    text: str
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How a subtask is decoded.

    Attributes:
        max_decoding_steps: Tokens at most, >= 1.
        temperature: Of sampling, >= 0; 0 always takes the most likely token.
        seed: Of sampling; the same seed, observation and temperature give the same subtask.
    """

    max_decoding_steps: int = 25
    temperature: float = 0.1
    seed: int = 0


@runtime_checkable
class SubtaskPolicy(Policy, Protocol):
    """A policy of two levels: it can also say which step of the task comes next."""

    def subtask(self, observation: Observation, decoding: Decoding, give_way: Callable[[], None]
                ) -> Subtask:
        """Derive the step from ``observation.prompt`` and what is seen.

        Args:
            observation: What is seen; ``subtask`` is the one that is pursued so far.
            decoding: How to decode.
            give_way: To be called between two parts of the work, such as two tokens. While it is
                called, and at no other time, `infer` may run on another thread, and `reset` of
                other sessions. It raises when the subtask is of no use any more: let it pass.

        Raises:
            PolicyError: The observation cannot be used or the model failed.
        """
