"""A world for the expert without a simulator: its arm model is the robot, things are carried."""

import numpy as np
from scipy.spatial.transform import Rotation

from policy_node.policies.expert import ExpertPolicy
from policy_node.policies.expert.arm import Arm
from policy_node.policy import Observation, PolicyConfig

NAMES = ('x', 'y', 'z', 'rx', 'ry', 'rz', 'gripper')
CLOSING_STEPS = 6
GRASP_RADIUS = 0.05


def box(*half, count=5):
    """Lattice in a box with these half sizes, shape (count**3, 3)."""
    axes = [np.linspace(-h, h, count) for h in half]
    return np.stack(np.meshgrid(*axes, indexing='ij'), -1).reshape(-1, 3)


def ring(radius, height=0.04, count=72):
    """The wall of a bowl, upright around the origin."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.concatenate([np.stack([radius * np.cos(angles), radius * np.sin(angles),
                                     np.full(count, z)], -1) for z in np.linspace(0, height, 5)])


def expert(rows=16):
    return ExpertPolicy(PolicyConfig('expert', rows, 50_000_000, NAMES, ('normalized',) * 7))


class FakeWorld:
    """Boxes and a basket; a box in the closed fingers moves with them, a released one falls."""

    def __init__(self, goal='(and (in soup_1 basket_1_contain_region))', **boxes):
        self.goal = goal
        self.arm = Arm(np.array([-0.15, 0.0, 0.25]), Rotation.from_quat([1, 0, 0, 0]),
                       np.zeros(3), np.zeros(3))
        self.shapes = {'basket_1': np.concatenate([
            box(0.08, 0.005, 0.05) + [0, y, 0] for y in (-0.08, 0.08)])}
        self.shapes['basket_1_contain_region'] = box(0.07, 0.07, 0.05, count=2)
        self.positions = {'basket_1': np.array([0.0, 0.25, 0.05]),
                          'basket_1_contain_region': np.array([0.0, 0.25, 0.05])}
        for name, position in (boxes or {'soup_1': (0.05, -0.15)}).items():
            self.shapes[name] = box(0.03, 0.03, 0.04)
            self.positions[name] = np.array([*position, 0.04])
        self.closed_for = 0
        self.held = None
        self.drop_at = None     # let go once when the hand first comes this high

    def features(self):
        poses = {n: np.array([*p, 0, 0, 0, 1]) for n, p in self.positions.items()}
        eef = np.concatenate([self.arm.position, self.arm.rotation.as_quat()])
        return {'object_poses': poses, 'scene': self.shapes, 'goal': self.goal, 'eef_pose': eef}

    def observe(self, timestep=0):
        return Observation(timestep * 50_000_000, timestep, 'do it', self.features())

    def step(self, action):
        before, self.arm = self.arm.position, self.arm.step(np.asarray(action))
        self.closed_for = self.closed_for + 1 if action[6] > 0 else 0
        if self.closed_for < CLOSING_STEPS:
            self._let_go()
        elif self.closed_for == CLOSING_STEPS:
            self.held = next((n for n, p in self.positions.items() if not n.startswith('basket')
                              and np.linalg.norm(p - before) < GRASP_RADIUS), None)
        if self.held and self.drop_at and self.arm.position[2] > self.drop_at:
            self.drop_at = None
            self._let_go()
        if self.held:
            self.positions[self.held] = self.positions[self.held] + self.arm.position - before

    def in_basket(self, name):
        return bool((np.abs(self.positions[name] - self.positions['basket_1']) < 0.07).all())

    def _let_go(self):
        if self.held:
            self.positions[self.held][2] = 0.04
        self.held = None


def two_things():
    """Soup and milk belong in the basket."""
    return FakeWorld('(and (in soup_1 basket_1_contain_region) '
                     '(in milk_1 basket_1_contain_region))',
                     soup_1=(0.05, -0.15), milk_1=(-0.1, -0.05))


def drive(world, policy, *, steps=400, rows=16, delay=0, done=lambda world: False):
    """Execute chunks as a bridge does: ask at half a chunk, use after ``delay`` steps, merge."""
    queue, timestep, pending, executed = np.empty((0, 7)), 0, None, []
    for step in range(steps):
        if pending is None and len(queue) <= rows / 2:
            chunk = policy.infer(world.observe(timestep), queue, delay).actions
            pending = step + delay, timestep, chunk
        if pending and step >= pending[0]:
            new = pending[2][timestep - pending[1]:]
            overlap = len(queue)
            queue = np.vstack([0.3 * queue + 0.7 * new[:overlap], new[overlap:]])
            pending = None
        action, queue = (queue[0], queue[1:]) if len(queue) else (None, queue)
        timestep += action is not None
        world.step(np.array([0.0] * 6 + [-1.0]) if action is None else action)
        executed.append(action)
        if done(world):
            break
    return executed
