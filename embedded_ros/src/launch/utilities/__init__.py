"""Helpers that actions and substitutions share."""

from launch.utilities.entities import (
    normalize_to_list_of_entities,
    visit_all_entities_and_collect_futures,
)
from launch.utilities.substitutions import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)
from launch.utilities.typing_checks import (
    ensure_argument_type,
    is_a,
    is_a_subclass,
    isclassinstance,
)

__all__ = [
    'describe_substitutions',
    'ensure_argument_type',
    'is_a',
    'is_a_subclass',
    'isclassinstance',
    'normalize_to_list_of_entities',
    'normalize_to_list_of_substitutions',
    'perform_substitutions',
    'visit_all_entities_and_collect_futures',
]
