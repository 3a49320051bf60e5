"""Quality of service: what a publisher offers and a subscription asks for (`rclpy.qos`)."""

from __future__ import annotations

import warnings
from enum import Enum, IntEnum
from typing import Any

from embedded_ros.duration import Duration


class InvalidQoSProfileException(Exception):
    """A QoSProfile was built from arguments that do not define one."""

    def __init__(self, message: str) -> None:
        super().__init__(f'Invalid QoSProfile: {message}')


# Programs know it by the module that they import it from.
InvalidQoSProfileException.__module__ = 'rclpy.qos'


class QoSPolicyKind(IntEnum):
    """Policies that a QoS event or an override may name."""

    INVALID = 1 << 0
    DURABILITY = 1 << 1
    DEADLINE = 1 << 2
    LIVELINESS = 1 << 3
    RELIABILITY = 1 << 4
    HISTORY = 1 << 5
    LIFESPAN = 1 << 6
    DEPTH = 1 << 7
    LIVELINESS_LEASE_DURATION = 1 << 8
    AVOID_ROS_NAMESPACE_CONVENTIONS = 1 << 9


def qos_policy_name_from_kind(policy_kind: QoSPolicyKind | int) -> str:
    """Name of a policy, such as 'RELIABILITY'."""
    return QoSPolicyKind(policy_kind).name


class _ShortKeys:
    """Lower-case names of the members of an enumeration, as command lines have them."""

    @classmethod
    def short_keys(cls) -> list[str]:
        """Names of the members, in lower case."""
        return [name.lower() for name in cls.__members__]  # type: ignore[attr-defined]

    @classmethod
    def get_from_short_key(cls, name: str) -> Any:
        """Value of a name, in any case; KeyError if there is none."""
        return cls[name.upper()].value  # type: ignore[index]


class QoSPolicyEnum(_ShortKeys, IntEnum):
    """Base of the policy enumerations."""

    @property
    def short_key(self) -> str:
        """Name of this value, in lower case."""
        return self.name.lower()


class HistoryPolicy(QoSPolicyEnum):
    """How many samples are kept."""

    SYSTEM_DEFAULT = 0
    KEEP_LAST = 1
    KEEP_ALL = 2
    UNKNOWN = 3


class ReliabilityPolicy(QoSPolicyEnum):
    """Whether lost samples are sent again."""

    SYSTEM_DEFAULT = 0
    RELIABLE = 1
    BEST_EFFORT = 2
    UNKNOWN = 3
    BEST_AVAILABLE = 4


class DurabilityPolicy(QoSPolicyEnum):
    """Whether a late subscription gets earlier samples."""

    SYSTEM_DEFAULT = 0
    TRANSIENT_LOCAL = 1
    VOLATILE = 2
    UNKNOWN = 3
    BEST_AVAILABLE = 4


class LivelinessPolicy(QoSPolicyEnum):
    """Who asserts that a publisher is alive."""

    SYSTEM_DEFAULT = 0
    AUTOMATIC = 1
    MANUAL_BY_TOPIC = 3
    UNKNOWN = 4
    BEST_AVAILABLE = 5


QoSHistoryPolicy = HistoryPolicy
QoSReliabilityPolicy = ReliabilityPolicy
QoSDurabilityPolicy = DurabilityPolicy
QoSLivelinessPolicy = LivelinessPolicy

# Strictest value that matches most endpoints (rmw's *_BEST_AVAILABLE: 2**63 - 2 ns).
DeadlineBestAvailable = Duration(nanoseconds=2**63 - 2)
LivelinessLeaseDurationeBestAvailable = Duration(nanoseconds=2**63 - 2)

# Type and default of each policy. A zero duration means "not specified": the middleware's
# default, which is infinite.
_POLICIES: dict[str, tuple[type, Any]] = {
    'history': (HistoryPolicy, HistoryPolicy.KEEP_LAST),
    'depth': (int, 10),
    'reliability': (ReliabilityPolicy, ReliabilityPolicy.RELIABLE),
    'durability': (DurabilityPolicy, DurabilityPolicy.VOLATILE),
    'lifespan': (Duration, Duration()),
    'deadline': (Duration, Duration()),
    'liveliness': (LivelinessPolicy, LivelinessPolicy.SYSTEM_DEFAULT),
    'liveliness_lease_duration': (Duration, Duration()),
    'avoid_ros_namespace_conventions': (bool, False),
}


class QoSProfile:
    """Quality of service of one publisher, subscription, client or service.

    Attributes:
        history: Keep the last `depth` samples, or all; default keep last.
        depth: Number of samples kept; needed with keep last. 0: the middleware's default.
        reliability: Reliable (default) or best effort.
        durability: Volatile (default) or transient local.
        lifespan: A sample is dropped when it is older; 0: never.
        deadline: Longest expected gap between samples; 0: none.
        liveliness: Who asserts that the publisher is alive.
        liveliness_lease_duration: How long it may be silent; 0: for ever.
        avoid_ros_namespace_conventions: Use the topic name as it is on the wire.
    """

    history: HistoryPolicy
    depth: int
    reliability: ReliabilityPolicy
    durability: DurabilityPolicy
    lifespan: Duration
    deadline: Duration
    liveliness: LivelinessPolicy
    liveliness_lease_duration: Duration
    avoid_ros_namespace_conventions: bool

    def __init__(self, **policies: Any) -> None:
        """Build a profile; what is left out or None is ROS's default.

        Raises:
            InvalidQoSProfileException: Neither history nor depth was given, or keep last
                without a depth.
            AssertionError: There is no such policy, or it cannot have the value.
        """
        if unknown := policies.keys() - _POLICIES.keys():
            raise AssertionError(f'no policy {unknown.pop()!r}; choose from {", ".join(_POLICIES)}')
        given = {name: value for name, value in policies.items() if value is not None}
        if 'history' not in given and 'depth' not in given:
            raise InvalidQoSProfileException('History and/or depth settings are required.')
        for name, (_, default) in _POLICIES.items():
            setattr(self, name, given.get(name, default))
        if self.history == HistoryPolicy.KEEP_LAST and 'depth' not in given:
            raise InvalidQoSProfileException('History set to KEEP_LAST without a depth setting.')

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _POLICIES:
            raise AttributeError(f'no policy {name!r}; choose from {", ".join(_POLICIES)}')
        kind, _ = _POLICIES[name]
        is_enumeration = issubclass(kind, QoSPolicyEnum)
        if not isinstance(value, int if is_enumeration else kind):
            raise AssertionError(f'{name} must be a {kind.__name__}, not {value!r}')
        if name == 'depth' and value == 0 and self.history == HistoryPolicy.KEEP_LAST:
            warnings.warn(
                "A zero depth with KEEP_LAST doesn't make sense; no data could be stored. "
                'This will be interpreted as SYSTEM_DEFAULT',
                stacklevel=2,
            )
        super().__setattr__(name, kind(value) if is_enumeration else value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, QoSProfile) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        policies = ', '.join(f'{name}={value}' for name, value in vars(self).items())
        return f'{type(self).__name__}({policies})'

    __repr__ = __str__


qos_profile_unknown = QoSProfile(
    history=HistoryPolicy.UNKNOWN,
    depth=0,
    reliability=ReliabilityPolicy.UNKNOWN,
    durability=DurabilityPolicy.UNKNOWN,
    liveliness=LivelinessPolicy.UNKNOWN,
)
qos_profile_default = QoSProfile(depth=10)
qos_profile_system_default = QoSProfile(
    history=HistoryPolicy.SYSTEM_DEFAULT,
    depth=0,
    reliability=ReliabilityPolicy.SYSTEM_DEFAULT,
    durability=DurabilityPolicy.SYSTEM_DEFAULT,
)
qos_profile_sensor_data = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
qos_profile_services_default = QoSProfile(depth=10)
qos_profile_parameters = QoSProfile(depth=1000)
qos_profile_parameter_events = QoSProfile(depth=1000)
qos_profile_best_available = QoSProfile(
    depth=10,
    reliability=ReliabilityPolicy.BEST_AVAILABLE,
    durability=DurabilityPolicy.BEST_AVAILABLE,
    deadline=DeadlineBestAvailable,
    liveliness=LivelinessPolicy.BEST_AVAILABLE,
    liveliness_lease_duration=LivelinessLeaseDurationeBestAvailable,
)
qos_profile_action_status_default = QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL
)


class QoSPresetProfiles(_ShortKeys, Enum):
    """The preset profiles by name."""

    UNKNOWN = qos_profile_unknown
    DEFAULT = qos_profile_default
    SYSTEM_DEFAULT = qos_profile_system_default
    SENSOR_DATA = qos_profile_sensor_data
    SERVICES_DEFAULT = qos_profile_services_default
    PARAMETERS = qos_profile_parameters
    PARAMETER_EVENTS = qos_profile_parameter_events
    ACTION_STATUS_DEFAULT = qos_profile_action_status_default
    BEST_AVAILABLE = qos_profile_best_available
