"""What a ``pretrained_model`` folder needs and makes, without a contract. Pure: no LeRobot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from policy_node.policies.lerobot.checkpoint import PREFIXES, Checkpoint, batches, count, read
from policy_node.policies.lerobot.parameters import Params
from policy_node.policies.remote import mapping
from policy_node.policy import IMAGE, VECTOR, Feature, PolicyConfig, Requirements

RTC_KINDS = ('smolvla', 'pi0', 'pi05')


def describe_checkpoint(config: PolicyConfig) -> Requirements:
    """What a checkpoint needs and makes.

    A feature has the name in the parameter ``rename_map``, else the one in the training data set,
    without ``observation.images.``.

    Raises:
        PolicyError: It cannot be read.
    """
    checkpoint, params = read(config), config.params or Params()
    names = _features(checkpoint, mapping(f'{params.table}.rename_map', params.rename_map))
    instants = count(checkpoint, 'n_obs_steps', 1)
    notes = ['Columns have no names in a checkpoint: take those of the training data set, in its '
             'order and units.']
    if instants != 1:
        notes.append(f'It looks at {instants} instants: best asked at every control step.')
    features = (*(Feature(names[key], IMAGE, (*size, 3))
                  for key, size in checkpoint.images.items()),
                *(Feature(names[key], VECTOR, (columns,))
                  for key, columns in checkpoint.vectors.items()))
    return Requirements(
        features=tuple({f.name: f for f in features}.values()),
        columns=checkpoint.columns, horizon=_rows(checkpoint),
        prefix=f'{params.table}.rtc' if checkpoint.kind in RTC_KINDS else '',
        rtc=('guided',) if checkpoint.kind in RTC_KINDS else (),
        batches=batches(checkpoint, params), notes=tuple(notes))


def _features(checkpoint: Checkpoint, chosen: Mapping[str, str]) -> dict[str, str]:
    """Key -> feature; the short name unless two keys would share it."""
    recorded = {key: name for name, key in checkpoint.recorded.items()}
    keys = (*checkpoint.images, *checkpoint.vectors)
    short = {key: _short(recorded.get(key, key)) for key in keys}
    times = Counter(short.values())
    return {key: chosen.get(key) or (short[key] if times[short[key]] == 1 else key)
            for key in keys}


def _short(key: str) -> str:
    for prefix in PREFIXES:
        key = key.removeprefix(prefix)
    return key


def _rows(checkpoint: Checkpoint) -> int:
    """Rows of a chunk; 0 when the configuration does not tell."""
    if checkpoint.kind == 'diffusion':
        return max(count(checkpoint, 'horizon') - count(checkpoint, 'n_obs_steps', 1) + 1, 0)
    if checkpoint.kind == 'tdmpc':
        return count(checkpoint, 'horizon') * count(checkpoint, 'n_action_repeats', 1)
    if checkpoint.kind == 'groot' and 'tokenizer_assets_repo' in checkpoint.described:
        return 16       # of N1.5, whatever chunk_size says
    return count(checkpoint, 'chunk_size') or count(checkpoint, 'action_chunk_size')
