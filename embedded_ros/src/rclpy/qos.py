"""Quality of service of publishers, subscriptions, clients and services."""

from embedded_ros.qos import *  # noqa: F403
from embedded_ros.qos_compatibility import QoSCompatibility as QoSCompatibility
from embedded_ros.qos_compatibility import qos_check_compatible as qos_check_compatible
