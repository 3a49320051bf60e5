"""Whether a server's model sees and makes what the parameters say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_node.policy import PolicyError


def check_modalities(server: str, modalities: Any, rows: int,
                     mapped: Mapping[str, tuple[str, ...]]) -> None:
    """Compare a server's ``get_modality_config`` with the parameters.

    Args:
        server: Named in errors.
        modalities: Modality -> ``modality_keys`` and ``delta_indices``. Empty where the server
            does not tell.
        rows: Rows that a chunk has.
        mapped: Modality -> keys that the parameters name.

    Raises:
        PolicyError: A key is missing or unknown, the model looks back in time, or its chunks are
            too short.
    """
    modalities = modalities_of(server, modalities)
    for modality in (m for m in mapped if m in modalities):
        keys, instants = read_modality(server, modality, modalities[modality])
        parameter = f'gr00t.{"actions" if modality == "action" else modality}'
        for key in mapped[modality]:
            if key not in keys:
                raise PolicyError(f"{parameter}: the model of {server} has no {key!r}; it has "
                                  f'{", ".join(keys)}')
        if modality == 'action':
            if instants < rows:
                raise PolicyError(f'{server} makes {instants} rows, actions_per_chunk is {rows}; '
                                  f'set it to {instants} or less')
            continue
        for key in keys:
            if key not in mapped[modality]:
                raise PolicyError(f'{parameter}: the model of {server} also wants {key!r}; name '
                                  'the feature that feeds it')
        if instants != 1:
            raise PolicyError(f'the model of {server} wants {instants} instants of {modality}; '
                              'this policy sends the newest one only')


def modalities_of(server: str, answer: Any) -> dict[str, Any]:
    """A server's answer to ``get_modality_config``: modality -> what it tells of it.

    Raises:
        PolicyError: It is no map.
    """
    if not isinstance(answer, dict):
        raise PolicyError(f'{server} must answer get_modality_config with a map, got '
                          f'{type(answer).__name__}; is it a GR00T server?')
    return answer


def read_modality(server: str, modality: str, value: Any) -> tuple[list[str], int]:
    """Keys of a modality, and how many instants of each.

    Raises:
        PolicyError: It does not tell them.
    """
    keys = value.get('modality_keys') if isinstance(value, dict) else None
    instants = value.get('delta_indices') if isinstance(value, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) \
            or not isinstance(instants, list):
        raise PolicyError(f'{server} must tell modality_keys and delta_indices of {modality}, got '
                          f'{str(value)[:100]}; is it GR00T N1.6 or later?')
    return keys, len(instants)
