"""Parameter files of ROS, read without a node."""

import pytest

from segue_core.parameter_file import contract_of, read_parameters
from segue_core.parameters import ParameterError

TEXT = """
/**:
  ros__parameters:
    contract:
      control_rate: 20.0
      observations: [state]
      state: {topic: joint_states, type: sensor_msgs/msg/JointState, names: [a]}
      actions: [a]
      action_units: [rad]
    task: all
policy_node:
  ros__parameters: {task: its own}
"""


@pytest.fixture
def file(tmp_path):
    made = tmp_path / 'robot.yaml'
    made.write_text(TEXT)
    return made


def test_own_parameters_of_a_node_go_before_those_of_all(file):
    assert read_parameters(file, 'policy_node')['task'] == 'its own'
    assert read_parameters(file, 'robot_bridge')['task'] == 'all'


def test_contract_is_made_of_its_parameters(file):
    contract = contract_of(read_parameters(file, 'robot_bridge'))
    assert (contract.step_ns, contract.action_names, contract.inputs[0].names) == (
        50_000_000, ('a',), ('a',))


@pytest.mark.parametrize(('text', 'part'), [
    ('[1, 2]', 'it has no sections'), ('policy_node: 5', 'policy_node must hold ros__parameters'),
    ('/**: {ros__parameters: [1]}', 'must hold ros__parameters'), ('a: "\udcff"', 'cannot be read'),
    ('a: [', 'cannot be read'), (None, 'cannot be read')])
def test_file_that_is_none_is_refused(tmp_path, text, part):
    file = tmp_path / 'broken.yaml'
    if text is not None:
        file.write_text(text, errors='surrogateescape')
    with pytest.raises(ParameterError, match=part):
        read_parameters(file, 'policy_node')


def test_value_that_does_not_fit_is_refused(file):
    file.write_text(TEXT.replace('20.0', "'fast'"))
    with pytest.raises(ParameterError, match='contract.control_rate must be a float'):
        contract_of(read_parameters(file, 'policy_node'))
