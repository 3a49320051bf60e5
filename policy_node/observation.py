"""What was observed at an instant: samples of every input, picked by stamp. Pure: no ROS."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from segue_core.contract import Input


@dataclass(frozen=True, slots=True)
class Sampled:
    """Samples of one instant.

    Attributes:
        picked: Of each input its raw sample, in order; complete only when nothing is missing.
        missing: One text for each input without a usable sample, naming topic and reason.
        hopeless: A missing sample will not come any more: its input has gone on to later ones.
    """

    picked: tuple[tuple[Input, Any], ...]
    missing: tuple[str, ...]
    hopeless: bool


class ObservationBuffer:
    """Keeps the newest samples of each input.

    Args:
        inputs: What to observe; may be replaced by fewer, of which samples were kept all along.
        decode: Makes the value of a feature from a raw sample; called only by `features`.
        max_age_ns: How much older than the instant asked for a sample may be [ns]; 0 wants the
            very instant, as simulators in lockstep give it.
        depth: Samples kept of each input; its own `Input.depth` when None.
    """

    def __init__(self, inputs: tuple[Input, ...], decode: Callable[[Input, Any], Any],
                 max_age_ns: int, depth: int | None = None) -> None:
        self.inputs = inputs
        self._decode = decode
        self._max_age_ns = max_age_ns
        self._samples: dict[str, deque[tuple[int, Any]]] = {
            i.name: deque(maxlen=1 if i.latched else depth or i.depth) for i in inputs}

    def add(self, name: str, stamp_ns: int, raw: Any) -> None:
        """Keep a sample.

        Args:
            name: Name of the input.
            stamp_ns: When it was taken [ns, the robot's clock].
            raw: Anything that ``decode`` takes.
        """
        samples = self._samples[name]
        if samples and stamp_ns < samples[-1][0]:
            samples.clear()     # the robot's clock was set back: these are of another run
        samples.append((stamp_ns, raw))

    def sample(self, stamp_ns: int, not_before_ns: int) -> Sampled:
        """Pick of each input the newest sample at or before an instant.

        Args:
            stamp_ns: The instant [ns].
            not_before_ns: Start of the session; older samples belong to another run.
        """
        oldest = max(stamp_ns - self._max_age_ns, not_before_ns)
        picked: list[tuple[Input, Any]] = []
        missing, hopeless = [], False
        for i in self.inputs:
            found = self._pick(i, stamp_ns, oldest)
            if isinstance(found, str):
                missing.append(f'{i.name} ({i.topic}): {found}')
                samples = self._samples[i.name]
                hopeless = hopeless or bool(samples and samples[-1][0] > stamp_ns)
            else:
                picked.append((i, found[1]))
        return Sampled(tuple(picked), tuple(missing), hopeless)

    def features(self, sampled: Sampled) -> dict[str, Any]:
        """Decode what was picked, and join the vectors of one feature; may run in any thread.

        Returns:
            Policy feature name -> value.
        """
        values: dict[str, list[Any]] = {}
        for i, raw in sampled.picked:
            values.setdefault(i.feature, []).append(self._decode(i, raw))
        return {feature: parts[0] if len(parts) == 1 else np.concatenate(parts)
                for feature, parts in values.items()}

    @property
    def newest_ns(self) -> int:
        """Stamp at which every streamed input had arrived, 0 when one never did [ns]."""
        return min((s[-1][0] if s else 0 for i in self.inputs if not i.latched
                    for s in [self._samples[i.name]]), default=0)

    def _pick(self, i: Input, stamp_ns: int, oldest: int) -> tuple[int, Any] | str:
        samples = self._samples[i.name]
        if not samples:
            return 'nothing received'
        if i.latched:
            return samples[-1]
        at = bisect_right(samples, stamp_ns, key=lambda s: s[0]) - 1
        if at < 0:
            return f'oldest sample is {(samples[0][0] - stamp_ns) / 1e9:.3f} s too new'
        if samples[at][0] < oldest:
            return f'newest sample is {(stamp_ns - samples[at][0]) / 1e9:.3f} s old'
        return samples[at]
