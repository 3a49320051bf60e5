"""Which interfaces exist."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ament_index_python import get_packages_with_prefixes
from embedded_ros.interface_files import BUNDLED, interface_directories
from embedded_ros.interfaces import database


def get_interface_packages() -> dict[str, str]:
    """Packages with messages or services, and where they are installed."""
    installed = get_packages_with_prefixes().items()
    return {
        **dict.fromkeys(database.bundled_packages(), str(BUNDLED)),
        **{package: prefix for package, prefix in installed if interface_directories(package)},
    }


def _collect(kinds: tuple[str, ...], package_names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Interfaces such as 'msg/String' by package.

    Args:
        kinds: Of 'msg' and 'srv'.
        package_names: Packages to look at; none: all.

    Raises:
        LookupError: A package is not known.
    """
    known = get_interface_packages()
    found = {}
    for package in list(package_names) or sorted(known):
        if package not in known:
            raise LookupError(f"Unknown package '{package}'")
        names = [f'{kind}/{name}' for kind in kinds for name in database.names(package, kind)]
        if names:
            found[package] = names
    return found


get_interfaces = partial(_collect, ('msg', 'srv'))
get_message_interfaces = partial(_collect, ('msg',))
get_service_interfaces = partial(_collect, ('srv',))
get_action_interfaces = partial(_collect, ())  # embedded ROS has none
