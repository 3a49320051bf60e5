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


def load_plugin(group: str, name: str) -> Any:
    """Import a plug-in.

    Args:
        group: Entry point group, e.g. ``segue.policies``.
        name: Name in the group, or ``package.module:attribute`` for one without entry point.

    Raises:
        PluginError: No such name, or importing it failed.
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
    except (ImportError, AttributeError) as error:
        raise PluginError(f'{group} {name!r} ({target}) cannot be imported: {error}') from error
    return loaded
