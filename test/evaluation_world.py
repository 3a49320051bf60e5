"""A world without physics: a slide that goes to a target, and policies that know how."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from policy_node.policy import PolicyError, PolicyMetadata, Prediction
from robot_bridge.driver import DriverError, DriverSpec, EpisodeStart, Reading
from segue_core.parameters import param

NAMES = ('x', 'gripper')
JOINTS = ('slide', 'target')
INIT_STATES = 10
GAIN = 0.05
"""Way of the slide in one step at full command [m]."""

PARAMETERS = """
/**:
  ros__parameters:
    contract:
      control_rate: 20.0
      observations: [camera, joints]
      camera: {topic: camera/image_raw, type: sensor_msgs/msg/Image}
      joints:
        topic: joint_states
        type: sensor_msgs/msg/JointState
        feature: state
        names: [slide, target]
      actions: [x, gripper]
      action_units: [normalized, normalized]
robot_bridge:
  ros__parameters:
    driver: evaluation_world:driver
    request_deadline: 30.0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    suite: str = param('lines', 'Suite.')
    task_id: int = param(0, 'Task: how far the target is away.')
    cameras: tuple[str, ...] = param(('camera',), 'Cameras.')


class World:
    """The target is further away with each task and initial state, and a little by the seed.

    It breaks at the fifth step of initial state 9.
    """

    renders = 0

    def __init__(self, params):
        self.params = params
        self.spec = DriverSpec('line', NAMES, ('normalized',) * 2, -np.ones(2), np.ones(2), 20.0,
                               commands_positions=False)

    def connect(self):
        pass

    def reset(self, init_state, seed):
        if not 0 <= init_state < INIT_STATES:
            raise DriverError(f'init_state must be within 0..{INIT_STATES - 1}, got {init_state}')
        self.init_state, self.steps, self.slide = init_state, 0, 0.0
        noise = np.random.default_rng([seed, init_state]).uniform(0, 0.1)
        self.target = 0.5 + 0.2 * self.params.task_id + 0.05 * init_state + noise
        return EpisodeStart(self.params.suite, self.params.task_id, 'reach the target', '',
                            init_state, {})

    def read(self, *, cameras):
        if cameras and self.params.cameras:
            World.renders += 1
        shade = np.full((16, 16, 3), int(100 * self.slide) % 256, dtype=np.uint8)
        return Reading(JOINTS, np.array([self.slide, self.target]),
                       images={name: shade for name in self.params.cameras} if cameras else {})

    def write(self, action):
        self.steps += 1
        if self.init_state == 9 and self.steps == 5:
            raise DriverError('the slide fell off')
        self.slide += GAIN * action[0]

    def hold(self):
        self.write(np.zeros(2))

    def stop(self):
        pass

    def success(self):
        return abs(self.slide - self.target) < 0.02

    def disconnect(self):
        pass


driver = SimpleNamespace(Params=Params, create=World)


class Reach:
    """Goes to the target, slower when it is near."""

    features = ('state',)

    def __init__(self, config):
        self.metadata = PolicyMetadata('reach', config.action_names, config.action_units,
                                       config.actions_per_chunk, self.features)

    def infer(self, observation, prefix, delay):
        slide, target = observation.features['state']
        rows = np.zeros((self.metadata.horizon, 2))
        for row in rows:
            row[:] = np.clip((target - slide) / GAIN / 4, -1, 1), (-1) ** observation.timestep
            slide += GAIN * row[0]
        return Prediction(rows)

    def reset(self, session_id):
        pass


class Seeing(Reach):
    features = ('state', 'camera')

    def infer(self, observation, prefix, delay):
        assert observation.features['camera'].shape == (16, 16, 3)
        return super().infer(observation, prefix, delay)


class Beyond(Reach):
    def infer(self, observation, prefix, delay):
        return Prediction(np.full((self.metadata.horizon, 2), 1.01))


class Swapped(Reach):
    def infer(self, observation, prefix, delay):
        return Prediction(super().infer(observation, prefix, delay).actions[:, ::-1])


class Lost(Reach):
    def infer(self, observation, prefix, delay):
        raise FileNotFoundError(2, 'No such file', 'vocab.txt')


class Broken(Reach):
    def infer(self, observation, prefix, delay):
        raise PolicyError('the model is out of memory')


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuingParams:
    rtc: str = param('off', 'Continue what is queued.', choices=('off', 'guided', 'trained'))
    seed: int = param(0, 'Seed.')


class Continuing(Reach):
    """Never predicts the same twice, but can repeat the rows that are queued."""

    def __init__(self, config):
        super().__init__(config)
        self.params = config.params

    def infer(self, observation, prefix, delay):
        rows = super().infer(observation, prefix, delay).actions
        noise = np.random.default_rng([self.params.seed, observation.timestep])
        rows[:, 0] = np.clip(rows[:, 0] + noise.normal(0, 0.1), -1, 1)
        frozen = 0 if self.params.rtc == 'off' else len(prefix)
        rows[:frozen] = prefix[:frozen]
        return Prediction(rows, frozen_rows=frozen)


continuing = SimpleNamespace(Params=ContinuingParams, create=Continuing)
