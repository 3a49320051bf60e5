"""Goal predicates of a task, as LIBERO's task descriptions write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policy_node.policy import PolicyError

PLACEMENTS = ('in', 'on')
_FORM = re.compile(r'\(\s*and((?:\s*\([^()]+\))+)\s*\)')
_NUMBER = re.compile(r'_\d+(?:_|$)')
_PREDICATE = re.compile(r'\(([^()]+)\)')


@dataclass(frozen=True, slots=True)
class Placement:
    """An object that belongs in or on something.

    Attributes:
        relation: in or on.
        thing: Frame of the object to move.
        target: Frame of the object or region where it belongs.
    """

    relation: str
    thing: str
    target: str

    @property
    def text(self) -> str:
        """The placement as an instruction, in the words of LIBERO's own."""
        return (f'pick up the {_spoken(self.thing)} and place it {self.relation} the '
                f'{_spoken(self.target)}')


def parse_goal(text: str) -> tuple[Placement, ...]:
    """Read a goal such as ``(and (in soup_1 basket_1_contain_region))``.

    Raises:
        PolicyError: Not of this form, or a predicate that is no placement.
    """
    form = _FORM.fullmatch(text.strip())
    if not form:
        raise PolicyError(f'goal {text!r} is not of the form (and (in a b) (on c d) ...)')
    placements = []
    for predicate in _PREDICATE.findall(form[1]):
        words = predicate.split()
        if len(words) != 3 or words[0].lower() not in PLACEMENTS:
            raise PolicyError(f'the expert cannot do ({predicate}); it can put things with '
                              f'({PLACEMENTS[0]} thing target) and ({PLACEMENTS[1]} thing target)')
        placements.append(Placement(words[0].lower(), words[1], words[2]))
    return tuple(placements)


def _spoken(frame: str) -> str:
    """Name of a frame for people: `basket_1_contain_region` is the basket."""
    return _NUMBER.split(frame)[0].replace('_', ' ')
