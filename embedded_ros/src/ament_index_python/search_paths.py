"""Prefixes that may hold an ament resource index."""

import os

AMENT_PREFIX_PATH_ENV_VAR = 'AMENT_PREFIX_PATH'
RESOURCE_INDEX_SUBFOLDER = 'share/ament_index/resource_index'


def get_search_paths() -> list[str]:
    """Existing prefixes named by `AMENT_PREFIX_PATH`, in order.

    Unlike on a ROS installation an unset variable is no error: packages
    installed with pip are found without it.
    """
    paths = os.environ.get(AMENT_PREFIX_PATH_ENV_VAR, '').split(os.pathsep)
    return [path for path in paths if path and os.path.exists(path)]
