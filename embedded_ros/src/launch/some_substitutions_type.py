"""What may be given wherever a text or substitutions are wanted."""

import collections.abc
from collections.abc import Iterable

from launch.substitution import Substitution

SomeSubstitutionsType = str | Substitution | Iterable[str | Substitution]
SomeSubstitutionsType_types_tuple = (str, Substitution, collections.abc.Iterable)
