"""policy_node as a process: subtasks are published, pursued by chunks, and set while it runs."""

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from segue.msg import ActionChunk, Subtask
from test_fleet import RELIABLE, Hand, until

from segue_core.ros_node import LATCHED_QOS

TWO_LEVEL = {'policy': 'policies_for_tests:TwoLevel', 'generate_subtask': True}


class Ears:
    """Hears subtasks, chunks and diagnostics in the order in which they come."""

    def __init__(self, graph, robot=''):
        self.graph, self.subtasks, self.chunks, self.figures = graph, [], [], {}
        for kind, topic, heard, qos in (
                (Subtask, f'{robot}subtask', self.subtasks.append, LATCHED_QOS),
                (ActionChunk, f'{robot}action_chunk', self.chunks.append, RELIABLE),
                (DiagnosticArray, '/diagnostics', self._on_diagnostics, RELIABLE)):
            graph.node.create_subscription(kind, topic, heard, qos)

    def _on_diagnostics(self, msg):
        for entry in msg.status:
            if entry.name == 'policy_node: policy':
                self.figures = {v.key: v.value for v in entry.values} | {'message': entry.message}

    def until(self, condition, what):
        until(self.graph, condition, what)

    def until_pursued(self, text):
        self.until(lambda: self.chunks and self.chunks[-1].subtask == text, f'a chunk for {text}')

    def more_chunks(self, count=2):
        """Wait for chunks that were asked for from now on."""
        enough = len(self.chunks) + count
        self.until(lambda: len(self.chunks) >= enough, 'more chunks')


def set_parameter(graph, name, value):
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    return graph.call(SetParameters, '/policy_node/set_parameters', request).results[0]


def test_chunks_pursue_what_is_published_while_parameters_change_and_refreshes_fail(graph):
    ears = Ears(graph)
    graph.node_with('robot_bridge', 'mock.yaml')
    graph.node_with('policy_node', 'mock.yaml', **TWO_LEVEL, prompt='tidy')
    ears.until(lambda: len(ears.chunks) >= 3, 'three chunks')
    first, = ears.subtasks
    assert (first.text, first.prompt, list(first.tokens)) == ('tidy: step 1', 'tidy', [1])
    assert (first.refresh_count, first.provenance) == (0, Subtask.DECODED)
    assert first.header.stamp == ears.chunks[0].header.stamp
    assert {c.subtask for c in ears.chunks} == {first.text}

    assert set_parameter(graph, 'subtask_refresh_interval', 0.2).successful
    ears.until(lambda: len(ears.subtasks) >= 3, 'refreshes')
    assert [s.refresh_count for s in ears.subtasks] == list(range(len(ears.subtasks)))
    ears.until_pursued(ears.subtasks[2].text)

    (graph.folder / 'no_ideas').touch()
    ears.until(lambda: ears.figures.get('last_subtask_failure') == 'no ideas', 'a failed refresh')
    kept = ears.subtasks[-1].text
    ears.more_chunks()
    assert (ears.subtasks[-1].text, ears.chunks[-1].subtask, ears.chunks[-1].error) == (
        kept, kept, '')
    assert ears.figures['message'] == 'the subtask could not be refreshed: no ideas'

    assert set_parameter(graph, 'low_level_prompt', 'wave').successful
    ears.until_pursued('wave')
    ears.until(lambda: ears.subtasks[-1].text == 'wave', 'the override')
    assert (ears.subtasks[-1].provenance, ears.subtasks[-1].prompt) == (Subtask.OVERRIDE, 'tidy')


def test_robot_that_only_shows_its_joints_is_refreshed_too_and_who_comes_late_hears_it(graph):
    graph.node_with('policy_node', 'mock.yaml', **TWO_LEVEL, subtask_refresh_interval=0.5,
                    robots='[arm]')
    hand = Hand(graph, 'arm')
    until(graph, hand.requests.get_subscription_count, 'a listener')
    hand.ask('session')
    until(graph, lambda: hand.answers, 'a chunk')
    timer = graph.node.create_timer(0.05, hand.show)
    ears = Ears(graph, 'arm/')
    ears.until(lambda: ears.subtasks and ears.subtasks[-1].refresh_count >= 2, 'refreshes')
    graph.node.destroy_timer(timer)
    assert (ears.subtasks[-1].session_id, ears.subtasks[-1].prompt) == ('session', 'asked')
    assert not ears.chunks
    late = Ears(graph, 'arm/')
    late.until(lambda: late.subtasks, 'the latched subtask')


def test_robot_whose_first_subtask_cannot_be_decoded_is_told_why(graph):
    (graph.folder / 'no_ideas').touch()
    graph.node_with('robot_bridge', 'mock.yaml')
    graph.node_with('policy_node', 'mock.yaml', **TWO_LEVEL)
    graph.until(lambda s: s.last_refusal == 'no ideas')
    (graph.folder / 'no_ideas').unlink()
    graph.until(lambda s: s.chunks >= 1, what='a chunk')


def test_policy_of_one_level_acts_and_says_that_it_derives_no_subtasks(graph):
    ears = Ears(graph)
    graph.node_with('robot_bridge', 'mock.yaml')
    node = graph.node_with('policy_node', 'mock.yaml', policy='policies_for_tests:Batching',
                           generate_subtask=True)
    node.says('policy sine derives no subtasks')
    ears.more_chunks()
    assert set_parameter(graph, 'low_level_prompt', 'wave').successful
    ears.until_pursued('wave')      # the policy repeats its prompt


@pytest.mark.parametrize(('parameters', 'line'), [
    ({'subtask_grippers': '[hand]'}, 'subtask_grippers must be columns of contract.actions'),
    ({'temperature': -1.0}, 'temperature must be within 0.0..10.0, got -1.0'),
])
def test_unusable_parameter_is_one_clear_line(graph, parameters, line):
    process = graph.node_with('policy_node', 'mock.yaml', **TWO_LEVEL, **parameters)
    assert process.exit_code() == 1
    assert line in process.output
