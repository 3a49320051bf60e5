r"""The words that pi0.5 is asked with, and those it answers. Pure.

Subtask: `PaligemmaTokenizer.tokenize_high_low_prompt` of BrunoFANG1/openpi_subtask_generation,
src/openpi/models/tokenizer.py: ``Task: <task>. Subtask: ``, the task in lower case, answered by
``<subtask>.;\nAction: ``. The same of Ke-Wang1017/openpi_subtask has
``Task: <task>.; State: <state>; Subtask: ``. openpi itself publishes no format for subtasks.

Actions: ``Task: <task>, State: <state>;\nAction: `` of openpi's `PaligemmaTokenizer.tokenize`. That
is made by LeRobot's own step, `Pi05PrepareStateTokenizerProcessorStep`, so it is not here.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.policy import PolicyError

FIELDS = {'task', 'state'}
EDGES = np.linspace(-1, 1, 256 + 1)[:-1]
"""Lower edges of the steps in which a normalised state is told, as for actions."""


def check(template: str) -> None:
    """See that ``pi05.subtask_prompt`` can be filled in.

    Raises:
        PolicyError: It has other fields than task and state, or not task.
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise PolicyError(f'pi05.subtask_prompt {template!r}: {error}') from error
    found = {name for _, name, _, _ in parts if name is not None}
    if 'task' not in found or found - FIELDS:
        raise PolicyError(f'pi05.subtask_prompt {template!r} must have the field {{task}} and may '
                          f'have {{state}}; it has {", ".join(sorted(found)) or "none"}')


def filled(template: str, task: str, state: NDArray[np.floating[Any]]) -> str:
    """The words to continue.

    Args:
        template: As `check` accepts it.
        task: Instruction.
        state: Normalised to -1..1, shape (N,).
    """
    words = task.lower().strip().replace('_', ' ').replace('\n', ' ')
    if words and words[-1] in string.punctuation:
        words = words[:-1]
    steps = np.digitize(state, EDGES) - 1
    return template.format(task=words, state=' '.join(map(str, steps)))


def subtask(answer: str) -> str:
    """The subtask alone: its line, without the marks at its end; empty if there are no words."""
    return answer.strip().partition('\n')[0].rstrip('.; ')
