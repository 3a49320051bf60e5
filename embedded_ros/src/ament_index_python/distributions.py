"""ROS packages that were installed with pip; a ROS installation has no such module.

A Python distribution is a ROS package when it brings a package.xml: in its
project folder if it was installed editable, else in `<prefix>/share/<name>`.
Its `console_scripts` are the package's executables. Where several have one name,
as when a build left its metadata in the folder that Python was started in,
those that tell nothing are passed over.
"""

import json
import sysconfig
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit


def prefix() -> str:
    """Prefix that pip installs data files under."""
    return sysconfig.get_path('data')


def share_directory(package: str) -> str | None:
    """Share directory of an installed distribution, None if it is no ROS package."""
    found = (_share_directory(d, package) for d in metadata.distributions(name=package))
    return next((share for share in found if share), None)


def packages_with_prefixes() -> dict[str, str]:
    """Every ROS package installed with pip, and the prefix they share."""
    named = ((d, (d.metadata['Name'] or '').replace('-', '_')) for d in metadata.distributions())
    return {name: prefix() for d, name in named if name and _share_directory(d, name)}


def executables(package: str) -> dict[str, str]:
    """Paths of the console scripts of a distribution, by name; none if not installed."""
    found = (_executables(d) for d in metadata.distributions(name=package))
    return next((scripts for scripts in found if scripts), {})


def _executables(distribution: metadata.Distribution) -> dict[str, str]:
    names = {entry.name for entry in distribution.entry_points.select(group='console_scripts')}
    files = [Path(str(distribution.locate_file(file))) for file in distribution.files or ()]
    scripts = [file.resolve() for file in files if file.name in names and file.is_file()]
    return {path.name: str(path) for path in scripts if path.parent.name in ('bin', 'Scripts')}


def _share_directory(distribution: metadata.Distribution, package: str) -> str | None:
    """Project folder of an editable installation (PEP 610), else the one below the prefix."""
    origin = json.loads(distribution.read_text('direct_url.json') or '{}')
    if origin.get('dir_info', {}).get('editable'):
        share = Path(unquote(urlsplit(origin['url']).path))
    else:
        share = Path(prefix(), 'share', package)
    return str(share) if (share / 'package.xml').is_file() else None
