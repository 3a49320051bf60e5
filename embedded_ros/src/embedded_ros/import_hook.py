"""Finder that makes interface packages such as `std_msgs` importable, run at interpreter start.

It stands at the end of `sys.meta_path`, so that a real package of the same name always wins, and
imports the rest of the machinery only when an interface package is really asked for. It imports
only what the interpreter has loaded anyway, since every start pays for it.
"""

from __future__ import annotations

import sys
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# The packages that come with the distribution. Any other name is looked up as a ROS package.
BUNDLED_PACKAGES = frozenset(
    """
    action_msgs actionlib_msgs builtin_interfaces control_msgs diagnostic_msgs geometry_msgs
    lifecycle_msgs nav_msgs rcl_interfaces rmw_dds_common rosbag2_interfaces rosgraph_msgs
    sensor_msgs service_msgs shape_msgs statistics_msgs std_msgs std_srvs stereo_msgs tf2_msgs
    trajectory_msgs type_description_interfaces unique_identifier_msgs visualization_msgs
    """.split()
)
# Names that every start of the interpreter asks for, mostly in vain; the last one on Debian.
_NOT_PACKAGES = ('sitecustomize', 'usercustomize', 'apport_python_hook')
# Threads that are inside `find_spec`: the look-up's own failing imports must not start another.
_looking: set[int] = set()


class InterfaceFinder:
    """Meta path finder for `<package>`, `<package>.msg` and `<package>.srv`."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module spec of an interface package, else None."""
        package, _, kind = fullname.partition('.')
        if kind not in ('', 'msg', 'srv') or not package.islower() or package.startswith('_'):
            return None
        thread = get_ident()
        if package in _NOT_PACKAGES or thread in _looking:
            return None
        _looking.add(thread)
        try:
            if package not in BUNDLED_PACKAGES and not _is_user_package(package, kind):
                return None
            from embedded_ros.interfaces import modules

            return modules.find_spec(package, kind)
        finally:
            _looking.discard(thread)


def _is_user_package(package: str, kind: str) -> bool:
    """Whether a ROS package of that name has interface files; loads neither numpy nor rosbags."""
    from embedded_ros.interface_files import interface_directories

    directories = interface_directories(package)
    return kind in directories if kind else bool(directories)


def install() -> None:
    """Append the finder to `sys.meta_path` once."""
    if InterfaceFinder not in sys.meta_path:
        sys.meta_path.append(InterfaceFinder)
