"""Which policies are installed, where they come from, and what they still need."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib.metadata import (
    Distribution,
    EntryPoint,
    PackageNotFoundError,
    distribution,
    entry_points,
)
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from policy_node.server import GROUP
from segue_core.plugins import PluginError, load_plugin


@dataclass(frozen=True, slots=True)
class Entry:
    """One installed policy.

    Attributes:
        name: For parameter ``policy``.
        summary: First line of its documentation; empty if it cannot be imported.
        origin: Distribution and version.
        extra: Extra of that distribution that brings what it needs; empty for none.
        missing: What the extra would install.
        error: Why it cannot be imported; empty if it can.
    """

    name: str
    summary: str
    origin: str
    extra: str
    missing: tuple[str, ...]
    error: str = ''

    @property
    def state(self) -> str:
        """Whether it can be used, in words; a dash where its distribution says nothing."""
        if self.error:
            return 'broken'
        if not self.extra:
            return '-'
        return f'pip install "{self.extra}"' if self.missing else f'{self.extra} is there'


def installed() -> tuple[Entry, ...]:
    """All policies that have a name, by name."""
    points = {point.name: point for point in entry_points(group=GROUP)}
    return tuple(_entry(points[name]) for name in sorted(points))


def summary_of(plugin: Any) -> str:
    """First line of a plug-in's documentation."""
    return (inspect.getdoc(plugin) or '').partition('\n')[0]


def _entry(point: EntryPoint) -> Entry:
    dist = point.dist
    extra = _extra(point.name, dist) if dist else ''
    summary = error = ''
    try:
        summary = summary_of(load_plugin(GROUP, point.name))
    except PluginError as broken:
        error = str(broken)
    return Entry(point.name, summary, f'{dist.name} {dist.version}' if dist else 'unknown',
                 f'{dist.name}[{extra}]' if dist and extra else '',
                 _missing(dist, extra) if dist and extra else (), error)


def _extra(policy: str, dist: Distribution) -> str:
    """The extra of a policy's name; empty if its distribution has none."""
    extras = dist.metadata.get_all('Provides-Extra') or ()
    return next((e for e in extras if canonicalize_name(e) == canonicalize_name(policy)), '')


def _missing(dist: Distribution, extra: str) -> tuple[str, ...]:
    needed = [Requirement(text) for text in dist.requires or ()]
    return tuple(str(r).partition(';')[0].strip() for r in needed
                 if r.marker and r.marker.evaluate({'extra': extra})
                 and not r.marker.evaluate({'extra': ''}) and not _is_there(r))


def _is_there(requirement: Requirement) -> bool:
    """Whether it is installed, and with its own extras."""
    try:
        dist = distribution(requirement.name)
    except PackageNotFoundError:
        return False
    return requirement.specifier.contains(dist.version, prereleases=True) and not any(
        _missing(dist, extra) for extra in requirement.extras)
