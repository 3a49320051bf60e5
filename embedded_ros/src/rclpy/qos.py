"""Quality of service of publishers, subscriptions, clients and services."""

from embedded_ros.qos import *  # noqa: F403
from embedded_ros.qos import __all__ as _profiles
from embedded_ros.qos_compatibility import QoSCompatibility, qos_check_compatible

__all__ = [*_profiles, 'QoSCompatibility', 'qos_check_compatible']  # noqa: PLE0604
