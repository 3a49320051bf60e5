"""Parameters of the reference policy, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from segue_core.parameters import param
from segue_core.rtc import SCHEDULES

RTC = ('off', 'guided', 'trained')


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Parameters ``reference.*`` of policy_node."""

    flow_steps: int = param(8, 'Euler steps from noise to actions.', low=1, high=100)
    rtc: str = param('off', 'How a chunk continues what is queued: not at all, guided by it at '
                     'inference, or as the model was trained to. Use with aggregate_fn_name rtc.',
                     choices=RTC)
    rtc_beta: float = param(5.0, 'Guided: largest gain of the guidance.', low=0.0, high=1000.0)
    rtc_schedule: str = param('exp', 'Guided: how the weights of the queued rows fall.',
                              choices=SCHEDULES)
    threads: int = param(1, 'CPU threads. Another number changes the last bits of the actions, and '
                         'so, in the long run, an episode.', low=1, high=256)
    noise: float = param(0.0, 'Size of the noise that a chunk begins from, as a share of what the '
                         'model was trained with. 0: the most typical chunk; 1: as varied as the '
                         'demonstrations.', low=0.0, high=1.0)
    seed: int = param(0, 'Seed of the noise; the same seed and observations give the same '
                      'actions.', low=0, high=2**31 - 1)
