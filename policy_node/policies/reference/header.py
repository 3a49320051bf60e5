"""What a checkpoint says of itself, read without torch and without its weights."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open

from policy_node.policies.reference.config import ModelConfig
from policy_node.policy import IMAGE, VECTOR, Feature, PolicyConfig, PolicyError, Requirements
from segue_core.parameters import ParameterError
from segue_core.paths import resolve

FILE = 'model.safetensors'
CONFIG = 'segue.reference'
STATE = 'state'


def checkpoint_path(config: PolicyConfig) -> Path:
    """Where the checkpoint of a configuration is.

    Raises:
        PolicyError: It names none, or one of a package that is not installed.
    """
    if not config.checkpoint:
        raise PolicyError('policy reference needs parameter checkpoint, a folder that `ros2 run '
                          'segue train` wrote')
    try:
        return resolve(config.checkpoint)
    except ParameterError as error:
        raise PolicyError(f'checkpoint {error}') from error


def read_config(path: Path) -> tuple[Path, ModelConfig]:
    """Read what a model is built from.

    Args:
        path: File, or folder with `FILE`.

    Returns:
        The file, and what is in it.

    Raises:
        PolicyError: It is missing, damaged, or no checkpoint of a reference policy.
    """
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise PolicyError(f'checkpoint {str(path)!r} is no folder with {FILE} and no such file')
    try:
        with safe_open(file, framework='np') as opened:
            metadata = opened.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise PolicyError(f'checkpoint {file} cannot be read: {error}; it is damaged or not a '
                          'safetensors file') from error
    if CONFIG not in metadata:
        raise PolicyError(f'checkpoint {file} is not one of a reference policy: its metadata lacks '
                          f'{CONFIG!r}')
    return file, ModelConfig.from_json(metadata[CONFIG], str(file))


def describe(config: PolicyConfig) -> Requirements:
    """What a checkpoint needs and makes.

    Raises:
        PolicyError: It cannot be read.
    """
    _, model = read_config(checkpoint_path(config))
    size = (model.image_size, model.image_size, 3)
    trained = f' or trained (up to {model.max_prefix} rows)' if model.max_prefix else ''
    return Requirements(
        features=(*(Feature(name, IMAGE, size) for name in model.cameras),
                  Feature(STATE, VECTOR, (model.state_size,))),
        columns=len(model.action_names), action_names=model.action_names,
        action_units=model.action_units, horizon=model.horizon, control_rate=model.control_rate,
        prefix=f'reference.rtc guided{trained}',
        rtc=('guided', 'trained') if model.max_prefix else ('guided',), batches=True,
        subtasks=bool(model.vocabulary),
        notes=('Square images of other sizes are scaled.',
               f'The instruction may have {model.words} words.'))
