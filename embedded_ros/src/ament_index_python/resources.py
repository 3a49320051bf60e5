"""Read the ament resource index of the prefixes in `AMENT_PREFIX_PATH`."""

from pathlib import Path
from typing import Literal

from ament_index_python.search_paths import RESOURCE_INDEX_SUBFOLDER, get_search_paths


class InvalidResourceTypeNameError(ValueError):
    """A resource type is not a plain file name."""


class InvalidResourceNameError(ValueError):
    """A resource name is not a plain file name."""


def get_resource(resource_type: str, resource_name: str) -> tuple[str, str]:
    """Content of a resource and the prefix that holds it.

    Raises:
        LookupError: No prefix has such a resource.
        OSError: The resource exists but cannot be read.
    """
    prefix = has_resource(resource_type, resource_name)
    if not prefix:
        raise LookupError(
            f"Could not find the resource '{resource_name}' of type '{resource_type}'"
        )
    try:
        return _marker(prefix, resource_type, resource_name).read_text(), prefix
    except OSError as error:
        raise OSError(
            f"Could not open the resource '{resource_name}' of type '{resource_type}':\n{error}"
        ) from error


def get_resources(resource_type: str) -> dict[str, str]:
    """Names of all resources of a type, each with the first prefix that has it."""
    _check_type(resource_type)
    found: dict[str, str] = {}
    for prefix in get_search_paths():
        folder = Path(prefix, RESOURCE_INDEX_SUBFOLDER, resource_type)
        if folder.is_dir():
            for marker in folder.iterdir():
                if marker.is_file() and not marker.name.startswith('.'):
                    found.setdefault(marker.name, prefix)
    return found


def get_resource_types() -> set[str]:
    """Every resource type that some prefix has."""
    return {
        folder.name
        for prefix in get_search_paths()
        for folder in Path(prefix, RESOURCE_INDEX_SUBFOLDER).glob('*')
        if folder.is_dir() and not folder.name.startswith('.')
    }


def has_resource(resource_type: str, resource_name: str) -> str | Literal[False]:
    """Prefix of the first resource of that type and name, or False."""
    _check_type(resource_type)
    if not resource_name or '/' in resource_name or '\\' in resource_name:
        raise InvalidResourceNameError(f"Resource name '{resource_name}' is invalid")
    for prefix in get_search_paths():
        if _marker(prefix, resource_type, resource_name).is_file():
            return prefix
    return False


def _check_type(resource_type: str) -> None:
    if not resource_type or '/' in resource_type or '\\' in resource_type:
        raise InvalidResourceTypeNameError(f"Resource type '{resource_type}' is invalid")


def _marker(prefix: str, resource_type: str, resource_name: str) -> Path:
    return Path(prefix, RESOURCE_INDEX_SUBFOLDER, resource_type, resource_name)
