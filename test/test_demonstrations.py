"""Demonstrations: what the nodes would see, under disturbances that the seed decides."""

import numpy as np
import pytest

from policy_node.decode import decode
from robot_bridge.driver import DriverSpec, EpisodeStart, Reading
from robot_bridge.publish import ReadingPublisher
from segue_core.contract import IMAGE, JOINT_STATE, POSE, Input
from segue_core.parameters import ParameterError
from segue_evaluation.demonstrate import main
from segue_evaluation.disturbance import Disturbance, Disturbed
from segue_evaluation.features import observe

START = EpisodeStart('suite', 0, 'task', '(and (in a_1 b_1_region))', 0, {})
READING = Reading(
    ('finger', 'elbow'), np.array([0.1, 0.2]), np.array([0.3, 0.4]),
    {'wrist': np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(np.uint8)},
    {'eef': np.array([1, 2, 3, *np.array([1, 2, 3, 4]) / np.sqrt(30)])})
INPUTS = (
    Input('wrist', 'wrist/image_raw', IMAGE, 'wrist', ()),
    Input('eef', 'eef_pose', POSE, 'state', ('z', 'x', 'qw', 'rx')),
    Input('joints', 'joint_states', JOINT_STATE, 'state', ('elbow', 'finger/velocity')))


class Topics:
    """Keeps the newest message of each topic."""

    def __init__(self):
        self.newest = {}

    def create_publisher(self, kind, topic, qos):
        class Publisher:
            publish = staticmethod(lambda msg: self.newest.__setitem__(topic, msg))
        return Publisher()


def test_features_are_those_that_policy_node_decodes_from_the_topics():
    from builtin_interfaces.msg import Time
    topics = Topics()
    ReadingPublisher(topics).publish(READING, Time())
    decoded = [decode(i, topics.newest[i.topic]) for i in INPUTS]
    features = observe(INPUTS, READING, START)
    assert np.array_equal(features['wrist'], decoded[0])
    assert np.allclose(features['state'], np.concatenate(decoded[1:]))


@pytest.mark.parametrize('wrong', [
    Input('top', 'top/image_raw', IMAGE, 'top', ()),
    Input('j', 'joint_states', JOINT_STATE, 'state', ('shoulder',)),
    Input('eef', 'eef_pose', POSE, 'state', ('w',))])
def test_input_that_the_simulator_does_not_give_is_named(wrong):
    with pytest.raises(ParameterError, match=f'contract.{wrong.name}: the simulator gives no'):
        observe((wrong,), READING, START)


class Written:
    """Keeps what was written to a robot of two motion columns and a gripper."""

    spec = DriverSpec('fake', ('x', 'y', 'g'), ('', '', ''), -np.ones(3), np.ones(3), 20.0)

    def __init__(self):
        self.commands = []

    def reset(self, init_state, seed):
        return START

    def write(self, action):
        self.commands.append(action)


def disturbed(disturbance, seed, steps=200):
    robot = Written()
    made = Disturbed(robot, disturbance)
    made.reset(-1, seed)
    for _ in range(steps):
        made.write(np.array([0.5, 0.0, 1.0]))
    return np.array(robot.commands)


STRONG = Disturbance(drift=0.3, kicks=0.05, slips=0.05)


def test_seed_decides_the_disturbances():
    assert np.array_equal(disturbed(STRONG, 1), disturbed(STRONG, 1))
    assert not np.array_equal(disturbed(STRONG, 1), disturbed(STRONG, 2))


def test_commands_stay_within_the_robots_range_whatever_the_disturbance():
    commands = disturbed(STRONG, 3, steps=2000)
    assert np.abs(commands).max() <= 1
    assert set(commands[:, 2]) == {-1.0, 1.0}       # the gripper slips at times
    assert 0.2 < commands[:, 1].std() < 0.6


def test_without_disturbance_commands_pass_as_they_are():
    assert (disturbed(Disturbance(), 0) == [0.5, 0.0, 1.0]).all()


def test_drift_has_the_strength_that_it_is_given():
    commands = disturbed(Disturbance(drift=0.1), 4, steps=5000)
    assert commands[:, 1].std() == pytest.approx(0.1, rel=0.15)


def test_expert_writes_an_episode_that_can_be_trained_from_and_only_once(tmp_path, capsys):
    arguments = ['--out', str(tmp_path), '--tasks', '0', '--episodes', '1', '--processes', '1']
    assert main(arguments) == 0
    assert '1 episodes kept' in capsys.readouterr().out
    path, = tmp_path.glob('*.npz')
    written = path.stat().st_mtime_ns
    with np.load(path) as episode:
        steps = len(episode['state'])
        assert episode['wrist'].shape == episode['agentview'].shape == (steps, 128, 128, 3)
        assert episode['actions'].shape == (steps, 32, 7)
        assert np.diff(episode['timestep']).tolist() == [4] * (steps - 1)
        assert str(episode['task']) == 'pick up the alphabet soup and place it in the basket'
        # The hand came to the thing, and the thing to its place.
        hand, (thing, place) = episode['state'][:, :3], episode['landmarks'].swapaxes(0, 1)
        assert np.linalg.norm((hand - thing)[:, :2], axis=1).min() < 0.03
        assert np.linalg.norm((thing - place)[-1, :2]) < 0.1
        assert np.linalg.norm((thing - place)[0, :2]) > 0.1
    assert main(arguments) == 0
    assert '0 episodes kept' in capsys.readouterr().out
    assert path.stat().st_mtime_ns == written
