"""What an emulated S1 was told, and what it refused."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

KEPT = 5000
"""Commands that are kept: 20 s at 250 Hz."""


@dataclass(frozen=True, slots=True)
class Command:
    """One position, or one waypoint of a trajectory.

    Attributes:
        told_ns: When it was told [ns, the robot's clock].
        due_ns: When it shall be reached; ``told_ns`` for a position.
        call: Name of the call.
        names: Parts in the order in which they were told.
        values: Position of every joint of the S1, shape (25,); nan for those not told.
        control_way: Of a position, empty for a waypoint.
        use_wbc: Whether whole body control was asked for.
    """

    told_ns: int
    due_ns: int
    call: str
    names: tuple[str, ...]
    values: NDArray[np.float64]
    control_way: str
    use_wbc: bool


@dataclass(slots=True)
class Record:
    """Everything that happened; the oldest commands are forgotten.

    Attributes:
        commands: The newest ones that were accepted.
        accepted: How many were accepted.
        refused: Reason -> how many were refused.
        ignored: Calls without control rights or while stopped, which the SDK ignores.
        appended_torso: Calls that left the torso out.
        gaps: Positions that came more than two periods after the one before.
        longest_gap_ns: The longest time between two positions of one motion [ns].
    """

    commands: deque[Command] = field(default_factory=lambda: deque(maxlen=KEPT))
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    ignored: int = 0
    appended_torso: int = 0
    gaps: int = 0
    longest_gap_ns: int = 0

    def __str__(self) -> str:
        """What happened, in one line."""
        refused = ', '.join(f'{n} for {reason}' for reason, n in self.refused.items()) or 'none'
        return (f'{self.accepted} commands, refused: {refused}; {self.ignored} ignored; '
                f'{self.gaps} gaps above two periods, the longest {self.longest_gap_ns / 1e6:.1f} '
                'ms')

    def accept(self, command: Command) -> None:
        """Keep a command."""
        self.commands.append(command)
        self.accepted += 1

    def see_gap(self, gap_ns: int, period_ns: int) -> None:
        """Take note of the time since the last position of the same motion."""
        self.longest_gap_ns = max(self.longest_gap_ns, gap_ns)
        self.gaps += gap_ns > 2 * period_ns
