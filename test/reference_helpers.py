"""A tiny reference model and demonstrations that it can learn from."""

import numpy as np
import torch

from policy_node.policies.reference.config import ModelConfig
from policy_node.policies.reference.model import ReferenceModel
from policy_node.policies.reference.statistics import Statistics
from policy_node.policy import Observation, PolicyConfig

COLUMNS = ('x', 'y', 'z', 'rx', 'ry', 'rz', 'gripper')
CAMERAS = ('agentview', 'wrist')
SIZE, STATE, HORIZON = 32, 11, 8
STEP_NS = 50_000_000


def model(**changes):
    torch.manual_seed(0)
    return ReferenceModel(ModelConfig(**{
        'cameras': CAMERAS, 'image_size': SIZE, 'state_size': STATE, 'action_names': COLUMNS,
        'action_units': ('normalized',) * 7, 'horizon': HORIZON, 'width': 32, 'heads': 2,
        'context_layers': 1, 'action_layers': 1, 'max_prefix': 4, **changes})).eval()


def awake(made):
    """Give an untrained model an output that depends on its input."""
    torch.nn.init.normal_(made.rows_out.weight, std=0.3)
    return made


def statistics():
    random = np.random.default_rng(0)
    return Statistics.of(torch.from_numpy(random.normal(size=(50, STATE))).float(),
                         torch.from_numpy(random.uniform(-1, 1, (50, HORIZON, 7))).float())


def config(checkpoint, rows=HORIZON, params=None, **changes):
    return PolicyConfig(**{
        'policy': 'reference', 'actions_per_chunk': rows, 'step_ns': STEP_NS,
        'action_names': COLUMNS, 'action_units': ('normalized',) * 7,
        'checkpoint': str(checkpoint), 'params': params, **changes})


def observation(timestep=0, prompt='pick up the soup', **features):
    random = np.random.default_rng(1)
    return Observation(0, timestep, prompt, {
        **{name: random.integers(0, 256, (SIZE, SIZE, 3)).astype(np.uint8) for name in CAMERAS},
        'state': random.normal(size=STATE), **features})


def write_demonstrations(folder, episodes=3, steps=6, sided=False, **changes):
    """Episodes in which the action is where the bright spot of the image is.

    With ``sided`` the subtask is the side on which the spot is.
    """
    folder.mkdir(exist_ok=True)
    for episode in range(episodes):
        random = np.random.default_rng(episode)
        spot = random.integers(4, SIZE - 4, (steps, 2))
        images = np.zeros((steps, SIZE, SIZE, 3), np.uint8)
        for image, (row, column) in zip(images, spot, strict=True):
            image[row - 3:row + 4, column - 3:column + 4] = 255
        where = (spot / SIZE * 2 - 1)[:, np.newaxis, :]
        actions = np.zeros((steps, HORIZON, 7), np.float32)
        actions[..., :2] = where
        sides = np.where(spot[:, 1] < SIZE / 2, 'go left', 'go right')
        np.savez(folder / f'{episode:03d}.npz', **{
            **dict.fromkeys(CAMERAS, images), 'state': random.normal(size=(steps, STATE)),
            'actions': actions, 'landmarks': np.zeros((steps, 2, 3)), 'task': 'go to the spot',
            **({'subtask': sides} if sided else {}), **changes})
    return folder
