"""Meaning of the `output` argument of processes."""

from typing import Any

SOURCES = ('stdout', 'stderr', 'both')
DESTINATIONS = ('screen', 'log', 'own_log')
_ALIASES: dict[str, dict[str, set[str]]] = {
    'screen': {'both': {'screen'}},
    'log': {'both': {'log'}, 'stderr': {'screen'}},
    'both': {'both': {'log', 'screen'}},
    'own_log': {'both': {'own_log'}, 'stdout': {'own_log'}, 'stderr': {'own_log'}},
    'full': {
        'both': {'screen', 'log', 'own_log'},
        'stdout': {'own_log'},
        'stderr': {'own_log'},
    },
}


def destinations_by_source(config: str | dict[str, Any]) -> dict[str, set[str]]:
    """Destinations of each source: stdout, stderr, and both combined.

    Raises:
        ValueError: The configuration names an unknown alias, source or destination.
    """
    if isinstance(config, str):
        if config not in _ALIASES:
            raise ValueError(
                f'{config} is not a valid standard output config i.e. {_listed(tuple(_ALIASES))}'
            )
        config = _ALIASES[config]
    elif not isinstance(config, dict):
        raise ValueError(f'{config} is not a valid output configuration')
    result: dict[str, set[str]] = {source: set() for source in SOURCES}
    for source, destinations in config.items():
        if source not in SOURCES:
            raise ValueError(f'{source} is not a valid output source i.e. {_listed(SOURCES)}')
        names = {destinations} if isinstance(destinations, str) else set(destinations)
        for name in names - set(DESTINATIONS):
            raise ValueError(
                f'{name} is not a valid output destination i.e. {_listed(DESTINATIONS)}'
            )
        result[source] = names
    return result


def _listed(names: tuple[str, ...]) -> str:
    return ', '.join(f'"{name}"' for name in names)
