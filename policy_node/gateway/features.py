"""What clients send, by their names, becomes what the policy needs, by its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_node.gateway.errors import BadRequest
from policy_node.gateway.images import PixelBudget, image_of
from policy_node.gateway.messages import vector_of
from policy_node.gateway.parameters import Params
from segue_core.parameters import ParameterError

DEEPEST = 8
"""Maps within maps of openpi's protocol."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """One value of a request.

    Attributes:
        field: Where it stands in the request, for errors.
        value: As it came.
        is_image: Whether it is an image, whatever it may be worth.
    """

    field: str
    value: Any
    is_image: bool


class FeatureMap:
    """Renames, decodes and checks.

    Args:
        params: Names.
        columns: Feature -> how many columns it has; 0 or absent where that is not known.

    Raises:
        ParameterError: ``gateway.rename_map`` is malformed.
    """

    def __init__(self, params: Params, columns: Mapping[str, int]) -> None:
        self.state_feature = params.state_feature
        self._columns = columns
        self._renamed = _renamed(params.rename_map)

    def features(self, given: Mapping[str, Given], needed: Sequence[str], policy: str,
                 budget: PixelBudget, *, has_fields: bool = True) -> dict[str, NDArray[Any]]:
        """Values of the features that a policy needs; nothing else is decoded.

        Args:
            given: Client's name -> value.
            needed: Features.
            policy: Name of the policy, for errors.
            budget: What the images may take.
            has_fields: Whether images have a field of their own in the request, for errors.

        Raises:
            BadRequest: One is missing, given twice, or cannot be used.
        """
        named: dict[str, Given] = {}
        for name, each in given.items():
            feature = self._renamed.get(name, name)
            if feature in named:
                raise BadRequest(f'{each.field} and {named[feature].field} both feed feature '
                                 f'{feature!r}; send one, or see gateway.rename_map')
            named[feature] = each
        missing = [feature for feature in needed if feature not in named]
        if missing:
            raise BadRequest(
                f'policy {policy} needs {", ".join(map(repr, missing))}; the request has '
                f'{", ".join(each.field for each in given.values()) or "nothing"}: send '
                f'{self._hint(missing[0], has_fields)}, or name what feeds it in '
                'gateway.rename_map')
        return {feature: self._value(feature, named[feature], budget) for feature in needed}

    def _value(self, feature: str, given: Given, budget: PixelBudget) -> NDArray[Any]:
        if given.is_image:
            return image_of(given.field, given.value, budget)
        vector = vector_of(given.field, given.value)
        columns = self._columns.get(feature, 0)
        if columns and len(vector) != columns:
            raise BadRequest(f'{given.field} must have {columns} values, as contract.observations '
                             f'has for {feature!r}; got {len(vector)}')
        return vector

    def _hint(self, feature: str, has_fields: bool) -> str:
        if has_fields and feature == self.state_feature:
            return 'field state'
        names = [name for name, fed in self._renamed.items() if fed == feature]
        return ' or '.join(f'images.{n}' if has_fields else n for n in (*names, feature))


def given_fields(images: Mapping[str, Any], state: NDArray[np.float64] | None, state_feature: str
                 ) -> dict[str, Given]:
    """What a request of `messages` gives."""
    given = {name: Given(f'images.{name}', value, True) for name, value in images.items()}
    if state is not None:
        given[state_feature] = Given('state', state, False)
    return given


def given_keys(message: Mapping[Any, Any], prompt_key: str) -> dict[str, Given]:
    """What a request of openpi's protocol gives: keys of its choice, maps within by dots.

    Raises:
        BadRequest: There are too many maps within maps.
    """
    given: dict[str, Given] = {}

    def visit(path: str, value: Any, depth: int = 0) -> None:
        if isinstance(value, Mapping):
            if depth == DEEPEST:
                raise BadRequest(f'maps may be {DEEPEST} deep, {path[:60]!r} is deeper')
            for key, inner in value.items():
                visit(f'{path}.{key}' if path else str(key), inner, depth + 1)
        elif path != prompt_key:
            given[path] = Given(path, value, isinstance(value, np.ndarray) and value.ndim == 3
                                or isinstance(value, bytes))

    visit('', message)
    return given


def _renamed(entries: Sequence[str]) -> dict[str, str]:
    renamed: dict[str, str] = {}
    for entry in entries:
        name, _, feature = entry.partition('=')
        if not name or not feature:
            raise ParameterError(f'gateway.rename_map: {entry!r} must be name=feature, such as '
                                 'base_0_rgb=agentview')
        if renamed.get(name, feature) != feature:
            raise ParameterError(f'gateway.rename_map: {name!r} cannot feed both '
                                 f'{renamed[name]!r} and {feature!r}')
        renamed[name] = feature
    return renamed
