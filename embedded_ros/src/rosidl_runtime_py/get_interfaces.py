"""Which interfaces exist."""

from __future__ import annotations

from collections.abc import Iterable

from ament_index_python import get_packages_with_prefixes
from embedded_ros.interface_files import BUNDLED, interface_directories, interface_file
from embedded_ros.interfaces import database


def get_interface_packages() -> dict[str, str]:
    """Packages with messages or services, and where they are installed."""
    bundled = dict.fromkeys(database.bundled_packages(), str(BUNDLED))
    installed = {
        package: prefix
        for package, prefix in get_packages_with_prefixes().items()
        if interface_directories(package)
    }
    return bundled | installed


def get_interfaces(package_names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Messages and services such as 'msg/String' by package.

    Args:
        package_names: Packages to look at; none: all.

    Raises:
        LookupError: A package is not known.
    """
    return _collect(package_names, ('msg', 'srv'))


def get_message_interfaces(package_names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Messages such as 'msg/String' by package; see `get_interfaces`."""
    return _collect(package_names, ('msg',))


def get_service_interfaces(package_names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Services such as 'srv/SetBool' by package; see `get_interfaces`."""
    return _collect(package_names, ('srv',))


def get_action_interfaces(package_names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Actions by package: none, the embedded ROS has no actions."""
    return _collect(package_names, ())


def get_interface_path(interface_name: str) -> str:
    """File that defines an interface.

    Args:
        interface_name: Such as 'std_srvs/srv/SetBool', with or without the file's suffix.

    Raises:
        ValueError: The name is malformed.
        LookupError: There is no such file; the standard messages have none.
    """
    parts = interface_name.split('/')
    if len(parts) != 3 or not all(parts) or '..' in parts:
        raise ValueError(f"Invalid name '{interface_name}'. Expected 'package/kind/Name'")
    package, kind, short = parts
    file = interface_file(f'{package}/{kind}/{short.removesuffix(f".{kind}")}')
    if file is None:
        raise LookupError(f"Could not find a file of the interface '{interface_name}'")
    return str(file)


def _collect(package_names: Iterable[str], kinds: tuple[str, ...]) -> dict[str, list[str]]:
    known = get_interface_packages()
    found = {}
    for package in list(package_names) or sorted(known):
        if package not in known:
            raise LookupError(f"Unknown package '{package}'")
        names = [f'{kind}/{name}' for kind in kinds for name in database.names(package, kind)]
        if names:
            found[package] = names
    return found
