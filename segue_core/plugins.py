"""Plug-ins by name: policies and drivers come from entry points, this package's and others'."""

from __future__ import annotations

import difflib
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any


class PluginError(LookupError):
    """A plug-in does not exist or cannot be imported; the message names it and the choices."""


def plugin_names(group: str) -> tuple[str, ...]:
    """Names that have an entry point in a group."""
    return tuple(sorted(e.name for e in entry_points(group=group)))


def load_plugin(group: str, name: str, needs: tuple[str, ...] = ()) -> Any:
    """Import a plug-in.

    Args:
        group: Entry point group, e.g. ``segue.policies``.
        name: Name in the group, or ``package.module:attribute`` for one without entry point.
        needs: What it must have, each callable, e.g. ``create``.

    Raises:
        PluginError: No such name, importing it failed, or it is not of the kind that is needed.
    """
    found = {e.name: e.value for e in entry_points(group=group)}
    target = found.get(name) or (name if ':' in name else '')
    if not target:
        near = difflib.get_close_matches(name, found, n=1)
        hint = f' (did you mean {near[0]}?)' if near else ''
        known = f'known: {", ".join(sorted(found))}; or give' if found else 'give'
        raise PluginError(f'{group} has no {name!r}{hint}; {known} package.module:attribute')
    module, _, attribute = target.partition(':')
    try:
        loaded: Any = import_module(module)
        for part in attribute.split('.') if attribute else ():
            loaded = getattr(loaded, part)
    except Exception as error:      # the body of a module may raise anything
        raise PluginError(f'{group} {name!r} ({target}) cannot be imported: {_reason(error)}'
                          ) from error
    for need in needs:
        if not callable(getattr(loaded, need, None)):
            raise PluginError(f'{group} {name!r} ({target}) must have {" and ".join(needs)}; '
                              f'{need} is missing or cannot be called')
    return loaded


def _reason(error: Exception) -> str:
    """One line; an import error tells enough without its type."""
    text = ' '.join(str(error).split())
    return text if isinstance(error, (ImportError, AttributeError)) else (
        f'{type(error).__name__}: {text}')
