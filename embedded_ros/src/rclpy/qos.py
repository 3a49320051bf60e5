"""Quality of service of publishers, subscriptions, clients and services."""

from embedded_ros.missing import refusal
from embedded_ros.qos import *  # noqa: F403

__getattr__ = refusal(
    __name__, ('QoSCompatibility', 'qos_check_compatible'), 'the events incompatible_qos tell it'
)
