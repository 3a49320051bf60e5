"""Policies that the node tests load as plug-ins."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from policy_node.policy import PolicyError, PolicyMetadata, Prediction, Query, Subtask


class Sine:
    """Smooth joint motion that depends on the timestep alone."""

    def __init__(self, config):
        self.metadata = PolicyMetadata('sine', config.action_names, config.action_units,
                                       config.actions_per_chunk, ('state',))

    def infer(self, observation, prefix, delay):
        t = observation.timestep + np.arange(self.metadata.horizon)
        return Prediction(np.repeat(0.3 * np.sin(t / 15)[:, np.newaxis],
                                    len(self.metadata.action_names), axis=1))

    def reset(self, session_id):
        pass


class Fan(Sine):
    """Joint k of 1, 2, 3 goes to 0.1 k and stays."""

    def infer(self, observation, prefix, delay):
        return Prediction(np.tile(0.1 * np.arange(1, 4), (self.metadata.horizon, 1)))


class Brightness(Sine):
    """Row 0 is the mean colour of the feature front, row 1 that of top."""

    def __init__(self, config):
        super().__init__(config)
        self.metadata = replace(self.metadata, features=('front', 'top'))

    def infer(self, observation, prefix, delay):
        rows = np.zeros((self.metadata.horizon, 3))
        for k, feature in enumerate(('front', 'top')):
            rows[k] = observation.features[feature].mean(axis=(0, 1))
        return Prediction(rows)


class Watching(Sine):
    """Joint k of 1, 2, 3 swings k times as far as the first; insists on a grey image and a task."""

    def __init__(self, config):
        super().__init__(config)
        self.metadata = replace(self.metadata, features=('state', 'front'))

    def infer(self, observation, prefix, delay):
        if (observation.features['front'] != 77).any() or observation.prompt != 'wave':
            raise PolicyError('that is not what the robot sees')
        rows = super().infer(observation, prefix, delay).actions
        return Prediction(rows * np.arange(1, rows.shape[1] + 1))


class Jumping(Sine):
    """Each column is at 20, then at 80, then at 20 again, without a way in between."""

    def infer(self, observation, prefix, delay):
        t = observation.timestep + np.arange(self.metadata.horizon)
        return Prediction(np.repeat(np.where(t // 20 % 2, 80.0, 20.0)[:, np.newaxis],
                                    len(self.metadata.action_names), axis=1))


class Failing(Sine):
    """Cannot infer every second time: once with its own error, once with any other."""

    calls = 0

    def infer(self, observation, prefix, delay):
        self.calls += 1
        if self.calls % 4 == 1:
            raise PolicyError('the model is out of memory')
        if self.calls % 4 == 3:
            raise ZeroDivisionError('a bug')
        return super().infer(observation, prefix, delay)


class Dying(Sine):
    """Kills its process at the third inference, as an out-of-memory killer would."""

    calls = 0

    def infer(self, observation, prefix, delay):
        self.calls += 1
        if self.calls == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().infer(observation, prefix, delay)


class Seeing(Sine):
    """Keeps what it saw."""

    seen = []

    def __init__(self, config):
        super().__init__(config)
        self.metadata = replace(self.metadata, features=('state', 'wrist'))

    def infer(self, observation, prefix, delay):
        self.seen.append((observation, prefix, delay))
        return super().infer(observation, prefix, delay)


class Buggy(Sine):
    """Fails in another way than it should."""

    def infer(self, observation, prefix, delay):
        raise ZeroDivisionError('a bug')


class Batching(Sine):
    """Takes 50 ms for a batch of any size; the subtask repeats the prompt."""

    def infer(self, observation, prefix, delay):
        return self.infer_batch([Query(observation, prefix, delay)])[0]

    def infer_batch(self, queries):
        time.sleep(0.05)
        return [replace(super(Batching, self).infer(q.observation, q.prefix, q.delay),
                        subtask=q.observation.prompt) for q in queries]


class TwoLevel(Sine):
    """Each subtask has the prompt and a number; its decoding takes a moment for each token.

    It has no ideas while there is a file `no_ideas` in the working directory.
    """

    count = 0

    def subtask(self, observation, decoding, give_way):
        if Path('no_ideas').exists():
            raise PolicyError('no ideas')
        for _ in range(decoding.max_decoding_steps):
            time.sleep(0.002)
            give_way()
        self.count += 1
        return Subtask(f'{observation.prompt}: step {self.count}', (self.count,))


class Waiting:
    """Takes as long as ``config`` says [s] for a batch of any size, as a GPU does.

    Columns tell: which process, how many were in the batch, how many chunks the session had, and
    the number in ``checkpoint``.
    """

    COLUMNS = ('pid', 'batch', 'count', 'checkpoint')

    def __init__(self, config):
        if config.checkpoint == 'broken':
            raise PolicyError('the checkpoint is broken')
        self.metadata = PolicyMetadata('waiting', self.COLUMNS, ('1',) * 4,
                                       config.actions_per_chunk, ('state',))
        self._seconds, self._checkpoint = float(config.config), float(config.checkpoint)
        self._counts = {}

    def infer(self, observation, prefix, delay):
        return self.infer_batch([Query(observation, prefix, delay)])[0]

    def infer_batch(self, queries):
        time.sleep(self._seconds)
        return [self._row(len(queries), q.observation.session_id) for q in queries]

    def _row(self, batch, session):
        self._counts[session] = self._counts.get(session, 0) + 1
        return Prediction(np.tile([os.getpid(), batch, self._counts[session], self._checkpoint],
                                  (self.metadata.horizon, 1)))

    def reset(self, session_id):
        self._counts.pop(session_id, None)
