"""Which setting to take, and why, in plain words. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from robot_bridge.tune.measures import Measures
from robot_bridge.tune.replay import RTC
from robot_bridge.tune.rule import least_horizon, least_threshold

AS_SMOOTH = 1.1
"""Settings whose jerk is within this factor of the least count as equally smooth."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a setting must stand.

    Attributes:
        delay: Delay at ``percentile`` [control steps].
        percentile: Of the delays that must not starve the robot [0..100].
        rate: Control steps per second [Hz].
        unit: Of the actions, for people.
    """

    delay: int
    percentile: float
    rate: float
    unit: str

    @property
    def text(self) -> str:
        """The delay for people."""
        return f'{self.percentile:g} % of the delays are at most {_steps(self.delay, self.rate)}'


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The setting to take.

    Attributes:
        best: Its figures; None when no setting is feasible.
        reasons: Why, or what would make a setting feasible: one sentence each.
    """

    best: Measures | None
    reasons: tuple[str, ...]


def recommend(results: Sequence[Measures], demand: Demand) -> Recommendation:
    """Choose: feasible first, then smooth, then few requests.

    `rtc` wins only where nothing else was tried: the policy must be made for it, and its figures
    are an approximation.

    Args:
        results: Figures of the matrix, at least one setting.
        demand: What the setting must stand.
    """
    feasible = [m for m in results if m.feasible]
    if not feasible:
        return Recommendation(None, _remedies(results, demand))
    merged = [m for m in feasible if m.setting.aggregate_fn_name != RTC]
    conditioned = [m for m in feasible if m.setting.aggregate_fn_name == RTC]
    best = _best(merged or conditioned)
    reasons = _reasons(best, merged or conditioned, len(results), demand)
    if merged and conditioned:
        reasons.append(_on_rtc(_best(conditioned), best, demand))
    return Recommendation(best, tuple(reasons))


def as_parameters(best: Measures) -> str:
    """The setting as lines of a parameter file."""
    setting = best.setting
    return '\n'.join((
        'policy_node:', '  ros__parameters:',
        f'    actions_per_chunk: {setting.actions_per_chunk}',
        'robot_bridge:', '  ros__parameters:',
        f'    chunk_size_threshold: {setting.chunk_size_threshold:g}',
        f'    aggregate_fn_name: {setting.aggregate_fn_name}'))


def _best(feasible: Sequence[Measures]) -> Measures:
    smooth = _smooth(feasible)
    return min(smooth, key=lambda m: (m.requests_per_second, m.jerk_rms))


def _smooth(feasible: Sequence[Measures]) -> list[Measures]:
    least = min(m.jerk_rms for m in feasible)
    return [m for m in feasible if m.jerk_rms <= AS_SMOOTH * least]


def _reasons(best: Measures, feasible: Sequence[Measures], tried: int,
             demand: Demand) -> list[str]:
    smooth = _smooth(feasible)
    spare = best.tolerated_delay - demand.delay
    reasons = [f'No starvation: it stands delays of {_steps(best.tolerated_delay, demand.rate)}, '
               f'and {demand.text}; {spare} to spare.']
    if best.starved_ticks:
        reasons.append(f'The rarer, longer delays starved {best.starved_ticks} control steps of '
                       f'the replay ({100 * best.starved_share:.2f} %).')
    reasons.append(
        f'Smooth: rms jerk {_short(best.jerk_rms)} {demand.unit}/s^3. The feasible settings of '
        f'{tried} tried have {_short(min(m.jerk_rms for m in feasible))} to '
        f'{_short(max(m.jerk_rms for m in feasible))}; {len(smooth)} are within '
        f'{100 * (AS_SMOOTH - 1):.0f} % of the least.')
    reasons.append(f'Cheap: {best.requests_per_second:.2f} requests/s'
                   + (', the fewest among those.' if len(smooth) > 1 else '.'))
    reasons.append(f'Reaction: what the robot does was observed {best.observation_age:.2f} s '
                   'earlier on average. To react faster choose fewer actions_per_chunk or a higher '
                   'chunk_size_threshold.')
    return reasons


def _on_rtc(rtc: Measures, best: Measures, demand: Demand) -> str:
    comparison = 'smoother' if rtc.jerk_rms < best.jerk_rms else 'not smoother'
    return (f'A policy that conditions on the prefix (real-time chunking) would be {comparison}: '
            f'rtc with {rtc.setting.actions_per_chunk} actions and threshold '
            f'{rtc.setting.chunk_size_threshold:g} has about {_short(rtc.jerk_rms)} '
            f'{demand.unit}/s^3. That is an approximation; try it with the policy itself.')


def _remedies(results: Sequence[Measures], demand: Demand) -> tuple[str, ...]:
    delay, rate = demand.delay, demand.rate
    toughest = max(results, key=lambda m: m.tolerated_delay)
    stands, setting = toughest.tolerated_delay, toughest.setting
    threshold = max(m.setting.chunk_size_threshold for m in results)
    horizon = max(m.setting.actions_per_chunk for m in results)
    remedies = [f'{demand.text}, and the best setting stands {_steps(stands, rate)} '
                f'({setting.actions_per_chunk} actions, threshold '
                f'{setting.chunk_size_threshold:g}). Any of these helps:']
    higher = least_threshold(horizon, delay)
    if higher is not None:
        remedies.append(f'chunk_size_threshold of at least {_round_up(higher):g} with {horizon} '
                        'actions_per_chunk: a higher threshold asks earlier')
    longer = least_horizon(threshold, delay)
    if longer is not None:
        remedies.append(f'actions_per_chunk of at least {longer} with threshold {threshold:g}')
    if stands:
        slower = math.floor(100 * stands * rate / delay) / 100
        remedies.append(f'a control rate of at most {slower:g} Hz, if the policy takes the same '
                        f'time: delays of {delay} steps become {stands}')
        remedies.append(f'a faster policy or network: delays of at most {_steps(stands, rate)}')
    return tuple(remedies)


def _steps(delay: int, rate: float) -> str:
    return f'{delay} control step{"" if delay == 1 else "s"} ({1000 * delay / rate:.0f} ms)'


def _round_up(threshold: float) -> float:
    return math.ceil(threshold * 1000 - 1e-9) / 1000


def _short(figure: float) -> str:
    """Three digits, without an exponent."""
    return f'{float(f"{figure:.3g}"):,.12g}'
