"""The words that pi0.5 is asked for a subtask with, and what is taken of its answer."""

import numpy as np
import pytest

from policy_node.policies.pi05.parameters import Params
from policy_node.policies.pi05.prompt import check, filled, subtask
from policy_node.policy import PolicyError

NO_STATE = np.empty(0)


@pytest.mark.parametrize('task', ['Pick up\nthe_soup!', ' pick up the soup. ', 'pick up the soup'])
def test_task_is_asked_as_in_training(task):
    asked = filled(Params().subtask_prompt, task, NO_STATE)
    assert asked == 'Task: pick up the soup. Subtask: '


def test_state_is_told_in_256_steps():
    template = 'Task: {task}.; State: {state}; Subtask: '
    asked = filled(template, 'go', np.array([-1.2, -1.0, 0.0, 0.999, 1.0, 1.2]))
    assert asked == 'Task: go.; State: -1 0 128 255 255 255; Subtask: '


@pytest.mark.parametrize(('template', 'reason'), [
    ('Subtask: ', 'must have the field {task}.* it has none'),
    ('Task: {task} {robot}', 'it has robot, task'),
    ('Task: {task', 'expected')])
def test_template_that_cannot_be_filled_is_refused(template, reason):
    with pytest.raises(PolicyError, match=f'pi05.subtask_prompt.*{reason}'):
        check(template)


@pytest.mark.parametrize(('answer', 'expected'), [
    (' pick up the pen.;\nAction: ', 'pick up the pen'),
    ('pick up the pen', 'pick up the pen'), ('1.5 cm to the left.', '1.5 cm to the left'),
    (' ;', ''), ('', '')])
def test_subtask_is_the_first_line_without_its_end_marks(answer, expected):
    assert subtask(answer) == expected
