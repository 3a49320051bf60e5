"""ROS packages that were installed with pip; a ROS installation has no such module.

A Python distribution is a ROS package when it brings a package.xml: in its
project folder if it was installed editable, else in `<prefix>/share/<name>`.
Its `console_scripts` are the package's executables.
"""

import json
import sys
import sysconfig
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

MANIFEST = 'package.xml'


def prefix() -> str:
    """Prefix that pip installs data files under."""
    return sysconfig.get_path('data')


def share_directory(package: str) -> str | None:
    """Share directory of an installed distribution, None if it is no ROS package."""
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return None
    return _share_directory(distribution, package)


def packages_with_prefixes() -> dict[str, str]:
    """Every ROS package installed with pip, and the prefix they share."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        for package in _possible_names(distribution):
            if _share_directory(distribution, package) is not None:
                found[package] = prefix()
                break
    return found


def executables(package: str) -> dict[str, list[str]]:
    """Commands that run a distribution's console scripts, by name of the script.

    Returns:
        The script's path, or an interpreter call when pip wrote no script; empty
        when no distribution of that name is installed.
    """
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return {}
    scripts = distribution.entry_points.select(group='console_scripts')
    return {entry.name: _command(distribution, entry) for entry in scripts}


def _share_directory(distribution: metadata.Distribution, package: str) -> str | None:
    project = _editable_project(distribution)
    share = project or Path(prefix(), 'share', package)
    return str(share) if (share / MANIFEST).is_file() else None


def _editable_project(distribution: metadata.Distribution) -> Path | None:
    """Project folder of an editable installation (PEP 610), else None."""
    origin = json.loads(distribution.read_text('direct_url.json') or '{}')
    if not origin.get('dir_info', {}).get('editable'):
        return None
    return Path(unquote(urlsplit(origin['url']).path))


def _possible_names(distribution: metadata.Distribution) -> Iterator[str]:
    """Package names a distribution may stand for: pip writes `-` where ROS has `_`."""
    name = distribution.metadata['Name']
    if name:
        yield name.replace('-', '_')
        yield name


def _command(distribution: metadata.Distribution, entry: metadata.EntryPoint) -> list[str]:
    for file in distribution.files or ():
        if file.name == entry.name and file.parent.name in ('bin', 'Scripts'):
            script = Path(str(distribution.locate_file(file))).resolve()
            if script.is_file():
                return [str(script)]
    script = Path(sys.executable).with_name(entry.name)
    if script.is_file():
        return [str(script)]
    return [sys.executable, '-c', _run_entry_point(entry)]


def _run_entry_point(entry: metadata.EntryPoint) -> str:
    return (
        f'import sys; from importlib import import_module; sys.argv[0] = {entry.name!r}; '
        f'sys.exit(import_module({entry.module!r}).{entry.attr}())'
    )
