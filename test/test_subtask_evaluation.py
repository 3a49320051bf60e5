"""Subtasks in episodes that run in one process: the same ones whenever the episode is run."""

import json

import pytest
from evaluation_world import PARAMETERS, Reach

from policy_node.policy import Subtask
from segue_evaluation.delays import read_delay
from segue_evaluation.episode import EpisodeRunner
from segue_evaluation.modes import MODES, Chunking
from segue_evaluation.plan import Episode, Plan
from segue_evaluation.record import sha256

INTERVAL_NS = 300_000_000


class Thinker(Reach):
    """Its subtask is the instant from which it was decoded; notes all in its checkpoint."""

    def __init__(self, config):
        super().__init__(config)
        self.log = config.checkpoint

    def note(self, *note):
        with open(self.log, 'a') as log:
            print(json.dumps(note), file=log)

    def subtask(self, observation, decoding, give_way):
        self.note('decoded', observation.stamp_ns)
        return Subtask(str(observation.stamp_ns))

    def infer(self, observation, prefix, delay):
        self.note('pursued', observation.stamp_ns, int(observation.subtask))
        return super().infer(observation, prefix, delay)


@pytest.fixture
def run(tmp_path):
    file, log = tmp_path / 'world.yaml', tmp_path / 'log'
    file.write_text(PARAMETERS)
    log.touch()
    runner = EpisodeRunner(Plan(file, {
        'policy': 'test_subtask_evaluation:Thinker', 'generate_subtask': True,
        'subtask_refresh_interval': INTERVAL_NS / 1e9, 'checkpoint': str(log)}, 'thinker', {},
        'evaluation_world:driver', Chunking(8, 0.5, 4), 60, sha256(str(log))), filming=False)

    def one():
        already = len(log.read_text().splitlines())
        runner.run(Episode(suite='lines', task_id=0, init_state=0, seed=0,
                           mode=MODES['latest_only'], delay=read_delay('2', 20.0)))
        return [json.loads(line) for line in log.read_text().splitlines()[already:]]

    yield one
    runner.close()


def test_subtask_is_decoded_when_due_and_before_the_chunk(run):
    notes = run()
    decoded = [stamp for what, stamp, *_ in notes if what == 'decoded']
    assert len(decoded) >= 3
    ages = [note[1] - note[2] for note in notes if note[0] == 'pursued']
    assert len(ages) > len(decoded)
    assert min(ages) == 0 and max(ages) < INTERVAL_NS


def test_episode_that_is_run_again_has_the_same_subtasks(run):
    assert run() == run()
