"""Ways to execute chunks: each is a setting of the bridge and a parameter of the policy. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from segue_core.parameters import ParameterError

RTC = 'rtc'
"""Parameter of policies that can continue what is queued."""
RTC_OFF = 'off'
RTC_SWITCHED_ON = 'guided'
"""What it means where ``rtc`` is true or false."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way.

    Attributes:
        name: As on the command line.
        aggregate_fn_name: How the bridge merges overlapping rows.
        text: What it does, for people.
        rtc: The policy's parameter ``rtc``.
        synchronous: Ask only when nothing is queued, and hold still until the chunk is there.
    """

    name: str
    aggregate_fn_name: str
    text: str
    rtc: str = RTC_OFF
    synchronous: bool = False


@dataclass(frozen=True, slots=True)
class Chunking:
    """How long chunks are and when the next one is asked for.

    Attributes:
        actions_per_chunk: Rows of a chunk.
        threshold: Ask when queued / horizon is at most this [0..1]; higher asks earlier.
        execution_horizon: Rows of a chunk in synchronous modes; all of them are executed.
    """

    actions_per_chunk: int
    threshold: float
    execution_horizon: int

    def of(self, mode: Mode) -> tuple[int, float]:
        """Rows of a chunk and threshold in a mode."""
        if mode.synchronous:
            return self.execution_horizon, 0.0
        return self.actions_per_chunk, self.threshold


MODES = MappingProxyType({mode.name: mode for mode in (
    Mode('sync', 'latest_only', 'executes all rows, then holds still until the next chunk is there',
         synchronous=True),
    Mode('latest_only', 'latest_only', 'new rows replace queued ones'),
    Mode('weighted_average', 'weighted_average', '0.3 old + 0.7 new'),
    Mode('average', 'average', '0.5 old + 0.5 new'),
    Mode('conservative', 'conservative', '0.7 old + 0.3 new'),
    Mode('temporal_ensemble', 'temporal_ensemble', 'mean of all predictions for a control step, '
         'weighted exp(-0.01 i), i = 0 the oldest'),
    Mode('rtc_guided', 'rtc', 'the policy is guided by the queued rows; new rows replace them',
         rtc='guided'),
    Mode('rtc_trained', 'rtc', 'the policy was trained to continue the rows that will be executed '
         'meanwhile; new rows replace the others', rtc='trained'),
)})
"""By name, in the order of tables and plots; modes that share a policy setting are neighbours."""


def find_modes(names: Iterable[str], continuations: Collection[str]) -> tuple[Mode, ...]:
    """Look up modes; in the order of `MODES`, each once.

    Args:
        names: What was asked for; without any, all that the policy can do.
        continuations: Values of `Mode.rtc` that it can do.

    Raises:
        ParameterError: There is none of a name.
    """
    wanted = set(names) or {mode.name for mode in MODES.values()
                            if mode.rtc in (RTC_OFF, *continuations)}
    for name in sorted(wanted):
        if name not in MODES:
            near = difflib.get_close_matches(name, MODES, n=1)
            hint = f' (did you mean {near[0]}?)' if near else ''
            raise ParameterError(f'unknown mode {name!r}{hint}; choose from {", ".join(MODES)}')
    return tuple(mode for name, mode in MODES.items() if name in wanted)


def overrides(mode: Mode, chunking: Chunking, policy: str, parameters: Mapping[str, object]
              ) -> dict[str, object]:
    """Parameters that make a mode: full name -> value.

    Args:
        mode: Which.
        chunking: How long chunks are.
        policy: Kind of policy.
        parameters: The policy's own: name -> default. Its ``rtc`` may be a switch.

    Raises:
        ParameterError: The policy cannot do it.
    """
    rows, threshold = chunking.of(mode)
    made: dict[str, object] = {
        'aggregate_fn_name': mode.aggregate_fn_name, 'chunk_size_threshold': threshold,
        'actions_per_chunk': rows}
    switch = isinstance(parameters.get(RTC), bool)
    if mode.rtc != RTC_OFF and (RTC not in parameters or switch and mode.rtc != RTC_SWITCHED_ON):
        raise ParameterError(f'mode {mode.name} needs a policy with the parameter rtc that can be '
                             f'{mode.rtc}, such as reference; policy {policy} has none: leave the '
                             'mode out')
    if RTC in parameters:
        made[f'{policy}.{RTC}'] = mode.rtc != RTC_OFF if switch else mode.rtc
    return made
