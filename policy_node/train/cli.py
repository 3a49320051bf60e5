"""`ros2 run segue train`: demonstrations in, a checkpoint of the reference policy out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from pickle import UnpicklingError

import torch
from tqdm import tqdm

from policy_node.policies.reference import checkpoint
from policy_node.policies.reference.config import BUCKETS, WORDS, ModelConfig
from policy_node.policies.reference.model import ReferenceModel
from policy_node.policies.reference.statistics import Statistics
from policy_node.policies.reference.text import vocabulary
from policy_node.policy import PolicyError
from policy_node.train.dataset import DatasetError, Demonstrations
from policy_node.train.trainer import STATE_FILE, Trainer, TrainingParams
from segue_core.parameters import ParameterError
from segue_core.paths import resolve

ACTION_NAMES = ('x', 'y', 'z', 'rx', 'ry', 'rz', 'gripper')
CAMERAS = ('agentview', 'wrist')
SPEECH = 'speech.'
"""Weights of the layers that say subtasks begin so."""
_SHOWN_DECAY = 0.98
"""The losses that are shown are running means."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        run(options)
    except (DatasetError, PolicyError, ParameterError) as error:
        print(f'train: error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f'\nstopped; go on with --resume --out {options.out}', file=sys.stderr)
        return 130
    return 0


def run(options: argparse.Namespace) -> None:
    """Train until all steps are done, saving as it goes.

    Raises:
        DatasetError: There are no demonstrations, or one cannot be used.
        PolicyError: The run or checkpoint to go on from cannot be read or has another shape.
        ParameterError: The package of that checkpoint is not installed.
    """
    if options.threads:
        torch.set_num_threads(options.threads)
    params = TrainingParams(**{f.name: getattr(options, f.name) for f in fields(TrainingParams)})
    data = Demonstrations(CAMERAS, WORDS, BUCKETS)
    data.add(options.data)
    if not data.episodes:
        raise DatasetError(f'{options.data} has no demonstrations (*.npz); write some with '
                           '`ros2 run segue demonstrate`')
    options.out.mkdir(parents=True, exist_ok=True)
    resumes = options.resume and (options.out / STATE_FILE).is_file()
    trainer = _resumed(options, params) if resumes else _fresh(options, params, data)
    _widen(trainer, data)
    if words := trainer.model.config.vocabulary:
        data.speak(words, trainer.model.config.subtask_words)
    print(f'{data.episodes} episodes, {len(data)} observations; '
          f'{sum(p.numel() for p in trainer.model.parameters()) / 1e6:.1f} M parameters')
    _train(trainer, data, options)


def _train(trainer: Trainer, data: Demonstrations, options: argparse.Namespace) -> None:
    steps = trainer.params.steps
    shown: dict[str, float] = {}
    with tqdm(total=steps, initial=trainer.step_number, unit='step', smoothing=0.05,
              mininterval=options.interval) as bar:
        while trainer.step_number < steps:
            for name, value in trainer.step(data).items():
                shown[name] = _SHOWN_DECAY * shown.get(name, value) + (1 - _SHOWN_DECAY) * value
            bar.set_postfix({k: f'{v:.3f}' for k, v in shown.items()}, refresh=False)
            bar.update()
            if trainer.step_number % options.save_every == 0 or trainer.step_number == steps:
                if data.add(options.data):      # they may still be written
                    _widen(trainer, data)
                checkpoint.save(options.out, trainer.averaged, trainer.statistics)
                trainer.save(options.out)
    print(f'{options.out / checkpoint.FILE}')


def _fresh(options: argparse.Namespace, params: TrainingParams, data: Demonstrations) -> Trainer:
    torch.manual_seed(params.seed)
    states, actions = data.all('state'), data.all('actions')
    config = ModelConfig(
        cameras=CAMERAS, image_size=data.image_size, state_size=states.shape[1],
        action_names=ACTION_NAMES, action_units=('normalized',) * len(ACTION_NAMES),
        horizon=actions.shape[1], max_prefix=options.max_prefix,
        vocabulary=vocabulary(data.subtasks) if options.subtasks else ())
    model, statistics = ReferenceModel(config), Statistics.of(states, actions)
    if options.begin_from:
        statistics = _begin_from(options.begin_from, model)
    return Trainer(model.to(options.device), _on(options.device, statistics), params)


def _widen(trainer: Trainer, data: Demonstrations) -> None:
    """Let the model give every action that was demonstrated, also after it began."""
    trainer.statistics = trainer.statistics.widened(
        Statistics.of(data.all('state'), data.all('actions')))


def _begin_from(path: str, model: ReferenceModel) -> Statistics:
    """Give a new model the weights of a checkpoint; the statistics that they go with.

    Raises:
        PolicyError: The checkpoint cannot be read, or its model has another shape.
    """
    earlier, statistics = checkpoint.load(resolve(path), 'cpu')
    speaks = earlier.config.vocabulary == model.config.vocabulary
    weights = {name: value for name, value in earlier.state_dict().items()
               if speaks or not name.startswith(SPEECH)}
    weights |= {name: value for name, value in model.state_dict().items()
                if not speaks and name.startswith(SPEECH)}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise PolicyError(f'--begin-from {path}: its model has another shape than the '
                          f'demonstrations need: {" ".join(str(error).split())}') from error
    return statistics


def _resumed(options: argparse.Namespace, params: TrainingParams) -> Trainer:
    model, statistics = checkpoint.load(options.out, options.device)
    trainer = Trainer(model.train(), statistics, params)
    try:
        trainer.resume(options.out)
    except (RuntimeError, ValueError, KeyError, EOFError, UnpicklingError) as error:
        raise PolicyError(f'{options.out / STATE_FILE} cannot be gone on from ('
                          f'{" ".join(str(error).split())[:200]}); its weights can be begun from: '
                          f'--begin-from {options.out} with another --out') from error
    return trainer


def _on(device: str, statistics: Statistics) -> Statistics:
    return Statistics.from_tensors(
        {name: value.to(device) for name, value in statistics.tensors().items()})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='train', description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add = parser.add_argument
    add('--data', type=Path, required=True, help='folder with demonstrations')
    add('--out', type=Path, required=True, help='folder for the checkpoint')
    add('--resume', action='store_true', help='go on with the run in --out, if there is one')
    add('--begin-from', default='', help='checkpoint whose weights a new run begins with; its '
        'layers that say subtasks are taken over if the words are the same')
    add('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    add('--threads', type=int, default=0, help='CPU threads; 0 for as many as there are cores')
    add('--max-prefix', type=int, default=16,
        help='longest prefix that the model learns to continue [rows]; 0 for none')
    add('--subtasks', action='store_true', help='also learn to say which step of the task comes '
        'next; actions then follow from the step')
    add('--save-every', type=int, default=250, help='steps between checkpoints')
    add('--interval', type=float, default=0.5, help='time between looks at the bar [s]')
    for f in fields(TrainingParams):
        add(f'--{f.name.replace("_", "-")}', type=type(f.default), default=f.default)
    return parser


if __name__ == '__main__':
    sys.exit(main())
