"""What happened to the matching of an endpoint."""

from __future__ import annotations

from typing import NamedTuple

from embedded_ros.dds import Reader, Writer
from embedded_ros.qos import QoSPolicyKind


class IncompatibleQoSInfo(NamedTuple):
    """Endpoints that did not match because of their QoS."""

    total_count: int
    total_count_change: int
    last_policy_kind: QoSPolicyKind


class MatchedInfo(NamedTuple):
    """Endpoints that came and went."""

    total_count: int
    total_count_change: int
    current_count: int
    current_count_change: int


class IncompatibleQoSEvents:
    """Counts incompatible endpoints."""

    def __init__(self, endpoint: Reader | Writer) -> None:
        self._endpoint = endpoint
        self._total = 0

    def take(self) -> IncompatibleQoSInfo | None:
        """What is new since the last call, None if nothing."""
        policy = self._endpoint.take_incompatible_qos()
        if policy is None:
            return None
        self._total += 1
        return IncompatibleQoSInfo(self._total, 1, QoSPolicyKind[policy])


class MatchedEvents:
    """Counts matching endpoints."""

    def __init__(self, endpoint: Reader | Writer) -> None:
        self._endpoint = endpoint
        self._total = 0
        self._current = 0

    def take(self) -> MatchedInfo | None:
        """What is new since the last call, None if nothing."""
        current = self._endpoint.matched_count
        change, self._current = current - self._current, current
        if not change:
            return None
        self._total += max(0, change)
        return MatchedInfo(self._total, max(0, change), current, change)
