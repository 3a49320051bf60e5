"""Finds suites, tasks and initial states of the installed LIBERO by name or number."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_bridge.driver import DriverError
from robot_bridge.drivers.libero.installation import quiet

MAIN_SUITES = ('libero_spatial', 'libero_object', 'libero_goal', 'libero_10', 'libero_90')


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One task of a suite.

    Attributes:
        suite: Name of the suite.
        task_id: Number within the suite.
        name: Name within the suite.
        language: Instruction.
        bddl_file: Description of scene and goal.
        init_states: Simulator states that episodes begin from, shape (K, 1 + nq + nv).
    """

    suite: str
    task_id: int
    name: str
    language: str
    bddl_file: Path
    init_states: NDArray[np.float64]


def find_task(suite: str, task: int | str) -> Task:
    """Look up a task; LIBERO must be importable.

    Args:
        suite: Name of a suite.
        task: Number or name of a task in it.

    Raises:
        DriverError: There is no such suite or task, or its files are missing.
    """
    found = _suite(suite)
    names: list[str] = found.get_task_names()
    task_id = names.index(task) if task in names else task
    if isinstance(task_id, str):
        raise DriverError(f'task {task!r} is not in {suite}{_near(task_id, names)}; it has: '
                          f'{", ".join(names)}')
    if not 0 <= task_id < len(names):
        raise DriverError(f'task_id must be within 0..{len(names) - 1} in {suite}, got {task_id}')
    try:
        states = np.asarray(found.get_task_init_states(task_id))
    except (OSError, ValueError) as error:
        raise DriverError(f'{suite} task {task_id} has no initial states: {error}') from error
    return Task(suite, task_id, names[task_id], found.get_task(task_id).language,
                Path(found.get_task_bddl_file_path(task_id)), states)


def _suite(name: str) -> Any:
    from libero.libero.benchmark import get_benchmark_dict
    suites: dict[str, Any] = get_benchmark_dict()
    if name not in suites:
        raise DriverError(f'suite {name!r} is unknown{_near(name, suites)}; the main ones are: '
                          f'{", ".join(MAIN_SUITES)}')
    with quiet():
        try:
            return suites[name](0)
        except AttributeError as error:     # LIBERO lists suites that it has no tasks for
            raise DriverError(f'suite {name!r} has no tasks in the installed LIBERO') from error


def _near(value: str, valid: Collection[str]) -> str:
    near = ([name for name in valid if value and value in name]
            or difflib.get_close_matches(value, list(valid)))[:3]
    return f' (did you mean {" or ".join(near)}?)' if near else ''
