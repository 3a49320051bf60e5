"""What a ``pretrained_model`` folder says of itself, held against the contract. Pure: no LeRobot.

Reading its JSON takes milliseconds, importing LeRobot many seconds; so mistakes are told at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from policy_node.policies.lerobot.parameters import Params
from policy_node.policies.remote import mapping
from policy_node.policy import PolicyConfig, PolicyError
from segue_core.parameters import ParameterError
from segue_core.paths import resolve

ACTION = 'action'
VISUAL, VECTORS = 'VISUAL', ('STATE', 'ENV')
PREPROCESSOR, POSTPROCESSOR = 'policy_preprocessor.json', 'policy_postprocessor.json'
RENAME, NORMALIZE = 'rename_observations_processor', 'normalizer_processor'
EMPTY_CAMERA = '.empty_camera_'
"""Part of the keys of images that LeRobot fills itself."""
PREFIXES = ('observation.images.', 'observation.')
NOISE_GIVEN = ('smolvla', 'pi0', 'pi05')
"""Kinds that can be given the noise that a chunk begins from."""
BATCHED = ('act', *NOISE_GIVEN)
"""Kinds that can infer for several robots at once: they remember nothing, and who else is in a
batch changes no noise."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder that LeRobot wrote.

    Attributes:
        path: The folder.
        kind: Policy type: act, diffusion, smolvla, ...
        images: Key -> height and width [px] that the model was made for.
        vectors: Key -> columns.
        columns: Columns of an action.
        steps: Names of the steps before (index 0) and after (index 1) the model.
        described: Its ``config.json``.
        recorded: Names in the training data set -> keys, where they differ.
        feature_of: Key -> feature of the contract that feeds it; empty without a contract.
    """

    path: Path
    kind: str
    images: Mapping[str, tuple[int, int]]
    vectors: Mapping[str, int]
    columns: int
    steps: tuple[frozenset[str], frozenset[str]]
    described: Mapping[str, Any]
    recorded: Mapping[str, str]
    feature_of: Mapping[str, str] = field(default_factory=dict)


def fitting(config: PolicyConfig) -> Checkpoint:
    """Read a checkpoint and see that the contract gives what it needs.

    Raises:
        PolicyError: It is no LeRobot checkpoint, or needs or makes other things than the contract
            has; the message names the feature and the remedy.
    """
    params: Params = config.params or Params()
    found = read(config)
    path, images, vectors = found.path, found.images, found.vectors
    _check_columns(path, found.columns, config, params.table)
    feature_of = _feeds((*images, *vectors), params, found.recorded, config.features, path)
    _check_widths(path, images, vectors, feature_of, config.features, params.table)
    return replace(found, feature_of=feature_of)


def read(config: PolicyConfig) -> Checkpoint:
    """Read a checkpoint, whatever the contract is.

    Raises:
        PolicyError: It is no LeRobot checkpoint.
    """
    path = _path(config, (config.params or Params()).table)
    described = _json(path / 'config.json')
    steps, after = _steps(path / PREPROCESSOR), _steps(path / POSTPROCESSOR)
    if described.get('use_peft'):
        raise PolicyError(f'checkpoint {path} is an adapter (use_peft); merge it into its base '
                          'model and save that')
    inputs = _features(path, described, 'input_features')
    needed = {key: f for key, f in inputs.items() if EMPTY_CAMERA not in key}
    widths = _statistics(path, steps)
    vectors = {key: widths.get(key, _shape(path, key, f, 1)[0]) for key, f in needed.items()
               if f.get('type') in VECTORS}
    sizes = {key: _shape(path, key, f, 3) for key, f in needed.items() if f.get('type') == VISUAL}
    images = {key: (height, width) for key, (_, height, width) in sizes.items()}
    action = _features(path, described, 'output_features').get(ACTION)
    if not (action and (images or vectors)):
        raise PolicyError(f'{path / "config.json"} has no input_features or no output feature '
                          f'{ACTION!r}; give the folder pretrained_model of a finished training')
    columns = _shape(path, ACTION, action, 1)[0]
    return Checkpoint(path, str(described.get('type')), images, vectors, columns,
                      (_names(steps), _names(after)), described, _saved_names(steps))


def batches(found: Checkpoint, params: Params) -> bool:
    """Whether several robots are inferred at once.

    LeRobot's RTC takes one number of queued rows and one delay for all; its steps for relative
    actions keep one state, that of the last robot they saw.
    """
    return (found.kind in BATCHED and not params.rtc
            and not found.described.get('use_relative_actions'))


def count(found: Checkpoint, name: str, default: int = 0) -> int:
    """A whole number of ``config.json``.

    Raises:
        PolicyError: It is something else.
    """
    given = found.described.get(name)
    if given is not None and not _positive(given):
        raise PolicyError(f'{found.path / "config.json"}: {name} must be a whole number from 1, '
                          f'got {given!r}')
    return default if given is None else given


def _path(config: PolicyConfig, policy: str) -> Path:
    if not config.checkpoint:
        raise PolicyError(f'policy {policy} needs parameter checkpoint, a folder pretrained_model '
                          'that LeRobot wrote')
    try:
        path = resolve(config.checkpoint)
    except ParameterError as error:
        raise PolicyError(f'checkpoint {error}') from error
    inner = [p.parent for p in (*path.glob('pretrained_model/config.json'),
                                *path.glob('checkpoints/last/pretrained_model/config.json'))]
    if not (path / 'config.json').is_file():
        raise PolicyError(f'checkpoint {path} has no config.json; give '
                          f'{inner[0] if inner else "a folder pretrained_model of LeRobot"}')
    return path


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise PolicyError(
            f'{path} is missing: the checkpoint is older than LeRobot 0.4. Convert it: python -m '
            f'lerobot.processor.migrate_policy_normalization --pretrained-path {path.parent}'
            ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise PolicyError(f'{path} cannot be read: {error}') from error
    if not isinstance(read, dict):
        raise PolicyError(f'{path} must hold a map, got a {type(read).__name__}')
    return read


def _steps(path: Path) -> list[dict[str, Any]]:
    steps = _json(path).get('steps', [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise PolicyError(f'{path}: steps must be a list of maps, got {steps}')
    for step in steps:
        settings, file = step.get('config', {}), step.get('state_file', '')
        if not (isinstance(settings, dict) and isinstance(settings.get('rename_map', {}), dict)
                and isinstance(file, str)):
            raise PolicyError(f'{path}: a step must have a map as config and as its rename_map, '
                              f'and the name of a file as state_file, got {step}')
    return steps


def _features(path: Path, described: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
    features = described.get(name) or {}
    if not isinstance(features, dict) or not all(isinstance(f, dict) for f in features.values()):
        raise PolicyError(f'{path / "config.json"}: {name} must be a map of maps, got {features}')
    return features


def _shape(path: Path, key: str, feature: Mapping[str, Any], axes: int
           ) -> tuple[int, ...]:
    shape = feature.get('shape')
    if not isinstance(shape, list) or len(shape) != axes or not all(map(_positive, shape)):
        raise PolicyError(f'{path / "config.json"}: {key!r} must have a shape of {axes} numbers, '
                          f'got {feature}')
    return tuple(shape)


def _positive(number: Any) -> bool:
    return type(number) is int and number > 0


def _names(steps: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(step.get('registry_name', '') for step in steps)


def _saved_names(steps: list[dict[str, Any]]) -> dict[str, str]:
    """Names in the training data set -> keys, as the checkpoint remembers them."""
    saved: dict[str, str] = {}
    for step in steps:
        if step.get('registry_name') == RENAME:
            saved |= step.get('config', {}).get('rename_map', {})
    return saved


def _statistics(path: Path, steps: list[dict[str, Any]]) -> dict[str, int]:
    """Columns of the vectors as they were in the training data.

    A checkpoint that was fine-tuned on another robot keeps its base model's shapes in config.json;
    its statistics are those of the robot.
    """
    files = [step['state_file'] for step in steps
             if step.get('registry_name') == NORMALIZE and 'state_file' in step]
    columns: dict[str, int] = {}
    for name in files:
        for entry, tensor in _header(path / name).items():
            shape = tensor.get('shape', [])
            if len(shape) == 1 and entry != '__metadata__' and not entry.endswith('.count'):
                columns[entry.rpartition('.')[0]] = shape[0]
    return columns


def _header(path: Path) -> dict[str, dict[str, Any]]:
    """What a safetensors file says of its tensors: a length, then JSON."""
    try:
        with path.open('rb') as file:
            size = int.from_bytes(file.read(8), 'little')
            if size > path.stat().st_size:
                raise ValueError(f'its header claims {size} bytes, more than the file has')
            header = json.loads(file.read(size))
    except (OSError, ValueError, RecursionError) as error:
        raise PolicyError(f'{path} cannot be read: {error}') from error
    if not isinstance(header, dict) or not all(isinstance(t, dict) for t in header.values()):
        raise PolicyError(f'{path} cannot be read: its header is no map of tensors')
    return header


def _check_columns(path: Path, columns: int, config: PolicyConfig, policy: str) -> None:
    if not config.action_names:
        raise PolicyError(f'policy {policy} needs contract.actions: a checkpoint does not name its '
                          'columns')
    if len(config.action_names) != columns:
        raise PolicyError(f'checkpoint {path} makes {columns} action columns, contract.actions has '
                          f'{len(config.action_names)}: {", ".join(config.action_names)}; list '
                          'those of the training data set in its order')


def _feeds(keys: tuple[str, ...], params: Params, saved: Mapping[str, str],
           given: Mapping[str, int], path: Path) -> dict[str, str]:
    """Which feature feeds each key."""
    name = f'{params.table}.rename_map'
    chosen = mapping(name, params.rename_map)
    for key, feature in chosen.items():
        if key not in keys:
            raise PolicyError(f'{name}: checkpoint {path} has no key {key!r}; it has '
                              f'{", ".join(keys)}')
        if given and feature not in given:
            raise PolicyError(f'{name}: contract.observations gives no feature '
                              f'{feature!r}; it gives {", ".join(sorted(given))}')
    feeds: dict[str, str] = {}
    for key in keys:
        names = [key, *(name for name, of in saved.items() if of == key)]
        names += [name.removeprefix(p) for p in PREFIXES for name in list(names)]
        found = [n for n in names if n in given] or ([] if given else names)
        if key not in chosen and not found:
            raise PolicyError(
                f'checkpoint {path} needs {key!r}; contract.observations gives '
                f'{", ".join(sorted(given))}. Add an input with feature {key} or say which one it '
                f'is: {name}: [<feature>={key}]')
        feeds[key] = chosen.get(key) or found[0]
    return feeds


def _check_widths(path: Path, images: Mapping[str, Any], vectors: Mapping[str, int],
                  feature_of: Mapping[str, str], given: Mapping[str, int], policy: str) -> None:
    for key, feature in feature_of.items():
        if feature not in given:
            continue
        columns = given[feature]
        if key in images and columns:
            raise PolicyError(f'{key!r} of checkpoint {path} is an image, feature {feature!r} of '
                              f'the contract a vector of {columns}; see {policy}.rename_map')
        if key in vectors and columns != vectors[key]:
            what = f'{columns} columns' if columns else 'no vector'
            raise PolicyError(f'{key!r} of checkpoint {path} has {vectors[key]} columns, feature '
                              f'{feature!r} of the contract is {what}; list the names of the '
                              'training data set in contract.<input>.names')
