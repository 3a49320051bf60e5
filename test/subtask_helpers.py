"""A policy of two levels that does what a test tells it, and queries for it."""

import numpy as np

from policy_node.policy import Observation, PolicyError, PolicyMetadata, Prediction, Query, Subtask
from policy_node.subtasks import SubtaskKeeper, SubtaskSettings

SECOND = 1_000_000_000
NAMES = ('arm', 'gripper')


class OneLevel:
    """Acts as its observation says, with as many columns as it has names."""

    metadata = PolicyMetadata('one level', NAMES, ('rad', 'rad'), 2, ('state',))

    def infer(self, observation, prefix, delay):
        self.acted = observation
        return Prediction(np.zeros((2, 2)))

    def reset(self, session_id):
        pass


class TwoLevel(OneLevel):
    """Its nth subtask is 'step n'; notes what it was asked, raises `error` while there is one."""

    def __init__(self, steps=3):
        self.steps, self.error, self.asked = steps, None, []

    def subtask(self, observation, decoding, give_way):
        self.asked.append((observation, decoding))
        if self.error:
            raise self.error
        for _ in range(self.steps):
            give_way()
        return Subtask(f'step {len(self.asked)}', (len(self.asked),))


class Thinking:
    """A keeper whose refreshes run when the test says so."""

    def __init__(self, policy=None, newest=lambda session_id: None, **settings):
        self.policy = policy or TwoLevel()
        self.jobs, self.told = [], []
        self.keeper = SubtaskKeeper(
            SubtaskSettings(**{'generate_subtask': True, 'subtask_refresh_interval': 2.0,
                               'subtask_early_refresh': False, **settings}),
            newest=newest, on_change=lambda session, new: self.told.append((session, new)),
            run=self.jobs.append)

    def at(self, seconds, prompt='tidy up', session='s', state=(0.0,), gripper=None):
        """What the policy is to pursue in a chunk that is asked for now."""
        return self.keeper.prepare(self.policy, query(seconds, prompt, session, state, gripper)
                                   ).observation

    def refresh(self):
        """Run the refresh that was begun; there must be just one."""
        job, = self.jobs
        self.jobs.clear()
        job()


def observation(seconds, prompt='tidy up', session='s', state=(0.0,)):
    return Observation(round(seconds * SECOND), 0, prompt, {'state': np.array(state, float)},
                       session)


def query(seconds, prompt, session, state, gripper):
    prefix = np.empty((0, 2)) if gripper is None else np.array([[0.0, gripper]])
    return Query(observation(seconds, prompt, session, state), prefix, 0.0)


NO_IDEA = PolicyError('no idea')
