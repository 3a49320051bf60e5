"""Where the interface files of a package lie: bundled ones, and those of the user's packages."""

from __future__ import annotations

import functools
from pathlib import Path

BUNDLED = Path(__file__).parent / 'share'


@functools.cache
def interface_directories(package: str) -> dict[str, list[Path]]:
    """Folders with interface files of a package, by kind ('msg', 'srv').

    The answer is kept: a package installed later needs a new process.
    """
    shares = [BUNDLED / package]
    if (share := _share_directory(package)) is not None:
        shares.append(share)
    found: dict[str, list[Path]] = {}
    for kind in ('msg', 'srv'):
        folders = [share / kind for share in shares if any((share / kind).glob(f'*.{kind}'))]
        if folders:
            found[kind] = folders
    return found


def interface_file(name: str) -> Path | None:
    """File of 'std_srvs/srv/SetBool', None if there is none."""
    package, kind, short = name.split('/')
    for folder in interface_directories(package).get(kind, ()):
        file = folder / f'{short}.{kind}'
        if file.is_file():
            return file
    return None


def interface_names(package: str, kind: str) -> list[str]:
    """Short names of a package's interface files of one kind."""
    folders = interface_directories(package).get(kind, ())
    return sorted({file.stem for folder in folders for file in folder.glob(f'*.{kind}')})


def _share_directory(package: str) -> Path | None:
    from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

    try:
        return Path(get_package_share_directory(package, print_warning=False))
    except (PackageNotFoundError, ValueError):
        return None
