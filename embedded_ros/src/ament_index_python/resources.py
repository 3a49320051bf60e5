"""Read the ament resource index of the prefixes in `AMENT_PREFIX_PATH`."""

import os
from pathlib import Path
from typing import Literal


def get_search_paths() -> list[str]:
    """Existing prefixes named by `AMENT_PREFIX_PATH`, in order.

    Unlike on a ROS installation an unset variable is no error: packages
    installed with pip are found without it.
    """
    paths = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
    return [path for path in paths if path and os.path.exists(path)]


def get_resource(resource_type: str, resource_name: str) -> tuple[str, str]:
    """Content of a resource and the prefix that holds it.

    Raises:
        LookupError: No prefix has such a resource.
    """
    prefix = has_resource(resource_type, resource_name)
    if not prefix:
        raise LookupError(
            f"Could not find the resource '{resource_name}' of type '{resource_type}'"
        )
    return _index(prefix).joinpath(resource_type, resource_name).read_text(), prefix


def get_resources(resource_type: str) -> dict[str, str]:
    """Names of all resources of a type, each with the first prefix that has it."""
    return {
        marker.name: prefix
        for prefix in reversed(get_search_paths())
        for marker in _index(prefix).joinpath(resource_type).glob('[!.]*')
        if marker.is_file()
    }


def get_resource_types() -> set[str]:
    """Every resource type that some prefix has."""
    folders = [folder for prefix in get_search_paths() for folder in _index(prefix).glob('[!.]*')]
    return {folder.name for folder in folders if folder.is_dir()}


def has_resource(resource_type: str, resource_name: str) -> str | Literal[False]:
    """Prefix of the first resource of that type and name, or False.

    Raises:
        ValueError: Type or name is not a plain file name.
    """
    for what, name in (('type', resource_type), ('name', resource_name)):
        if not name or '/' in name or '\\' in name:
            raise ValueError(f"Resource {what} '{name}' is invalid: expected a plain file name")
    for prefix in get_search_paths():
        if _index(prefix).joinpath(resource_type, resource_name).is_file():
            return prefix
    return False


def _index(prefix: str) -> Path:
    return Path(prefix, 'share/ament_index/resource_index')
