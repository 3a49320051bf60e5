"""What all clients of the gateway have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from policy_node.gateway.counts import GatewayCounts
from policy_node.gateway.features import FeatureMap
from policy_node.gateway.parameters import Params
from policy_node.inference import InferenceThread


class Log(Protocol):
    """What is used of a node's logger; from any thread."""

    def info(self, message: str) -> Any:
        """Tell."""

    def warning(self, message: str, *, throttle_duration_sec: float) -> Any:
        """Tell, but not too often [s]."""


class Robot(Protocol):
    """What is used of a robot of the node; from any thread."""

    def instruct_later(self, prompt: str) -> None:
        """Set its prompt."""


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What conversations share.

    Attributes:
        params: ``gateway.*``.
        inference: Where requests go.
        features: What becomes of a client's names.
        prompt: The instruction of requests without one.
        log: Where to tell people.
        robots: Robots of the node that are served beside the clients.
        counts: What happened.
        workers: Threads that read messages, so that a large one holds up no other client;
            JSON does while it is parsed, as Python parses on one thread at a time.
    """

    params: Params
    inference: InferenceThread
    features: FeatureMap
    prompt: Callable[[], str]
    log: Log
    robots: Callable[[], Mapping[str, Robot]] = dict
    counts: GatewayCounts = field(default_factory=GatewayCounts)
    workers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix='gateway'))
