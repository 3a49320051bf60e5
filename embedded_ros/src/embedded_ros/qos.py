"""Quality of service: what a publisher offers and a subscription asks for (`rclpy.qos`)."""

from __future__ import annotations

import warnings
from enum import Enum
from typing import Any

from embedded_ros.duration import Duration
from embedded_ros.qos_policies import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSDurabilityPolicy,
    QoSHistoryPolicy,
    QoSLivelinessPolicy,
    QoSPolicyEnum,
    QoSPolicyKind,
    QoSReliabilityPolicy,
    ReliabilityPolicy,
    qos_policy_name_from_kind,
)

__all__ = [
    'DeadlineBestAvailable',
    'DurabilityPolicy',
    'HistoryPolicy',
    'InvalidQoSProfileException',
    'LivelinessLeaseDurationeBestAvailable',
    'LivelinessPolicy',
    'QoSDurabilityPolicy',
    'QoSHistoryPolicy',
    'QoSLivelinessPolicy',
    'QoSPolicyEnum',
    'QoSPolicyKind',
    'QoSPresetProfiles',
    'QoSProfile',
    'QoSReliabilityPolicy',
    'ReliabilityPolicy',
    'qos_policy_name_from_kind',
    'qos_profile_action_status_default',
    'qos_profile_best_available',
    'qos_profile_default',
    'qos_profile_parameter_events',
    'qos_profile_parameters',
    'qos_profile_sensor_data',
    'qos_profile_services_default',
    'qos_profile_system_default',
    'qos_profile_unknown',
]


class InvalidQoSProfileException(Exception):
    """A QoSProfile was built from arguments that do not define one."""

    def __init__(self, message: str) -> None:
        super().__init__(f'Invalid QoSProfile: {message}')


# A zero duration means "not specified": the middleware's default, which is infinite.
_UNSPECIFIED = Duration()
# Strictest value that matches most endpoints (rmw's *_BEST_AVAILABLE: 2**63 - 2 ns).
DeadlineBestAvailable = Duration(nanoseconds=2**63 - 2)
LivelinessLeaseDurationeBestAvailable = Duration(nanoseconds=2**63 - 2)


class _Policy:
    """Attribute of a QoSProfile that converts to an enumeration."""

    def __init__(self, kind: type[QoSPolicyEnum]) -> None:
        self._kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, profile: Any, owner: type) -> Any:
        return self if profile is None else getattr(profile, f'_{self._name}')

    def __set__(self, profile: Any, value: int) -> None:
        if not isinstance(value, int):
            raise AssertionError(
                f'{self._name} must be a {self._kind.__name__}, not {value!r}; '
                f'choose from {", ".join(self._kind.__members__)}'
            )
        setattr(profile, f'_{self._name}', self._kind(value))


class _Checked:
    """Attribute of a QoSProfile that must have one type."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, profile: Any, owner: type) -> Any:
        return self if profile is None else getattr(profile, f'_{self._name}')

    def __set__(self, profile: Any, value: object) -> None:
        if not isinstance(value, self._kind):
            raise AssertionError(f'{self._name} must be a {self._kind.__name__}, not {value!r}')
        setattr(profile, f'_{self._name}', value)


class QoSProfile:
    """Quality of service of one publisher, subscription, client or service."""

    __slots__ = [
        '_history',
        '_depth',
        '_reliability',
        '_durability',
        '_lifespan',
        '_deadline',
        '_liveliness',
        '_liveliness_lease_duration',
        '_avoid_ros_namespace_conventions',
    ]

    history = _Policy(HistoryPolicy)
    reliability = _Policy(ReliabilityPolicy)
    durability = _Policy(DurabilityPolicy)
    liveliness = _Policy(LivelinessPolicy)
    lifespan = _Checked(Duration)
    deadline = _Checked(Duration)
    liveliness_lease_duration = _Checked(Duration)
    avoid_ros_namespace_conventions = _Checked(bool)

    def __init__(
        self,
        history: HistoryPolicy | int | None = None,
        depth: int | None = None,
        reliability: ReliabilityPolicy | int | None = None,
        durability: DurabilityPolicy | int | None = None,
        lifespan: Duration | None = None,
        deadline: Duration | None = None,
        liveliness: LivelinessPolicy | int | None = None,
        liveliness_lease_duration: Duration | None = None,
        avoid_ros_namespace_conventions: bool | None = None,
    ) -> None:
        """Build a profile; what is left out is ROS's default: reliable, volatile, keep last.

        Args:
            history: Keep the last `depth` samples, or all; default keep last.
            depth: Number of samples kept; needed with keep last.
            reliability: Reliable or best effort.
            durability: Volatile or transient local.
            lifespan: A sample is dropped when it is older; 0: never.
            deadline: Longest expected gap between samples; 0: none.
            liveliness: Who asserts that the publisher is alive.
            liveliness_lease_duration: How long it may be silent; 0: for ever.
            avoid_ros_namespace_conventions: Use the topic name as it is on the wire.

        Raises:
            InvalidQoSProfileException: Neither history nor depth was given, or keep last
                without a depth.
        """
        if history is None:
            if depth is None:
                raise InvalidQoSProfileException('History and/or depth settings are required.')
            history = HistoryPolicy.KEEP_LAST
        self.history = history
        if self.history == HistoryPolicy.KEEP_LAST and depth is None:
            raise InvalidQoSProfileException('History set to KEEP_LAST without a depth setting.')
        self.depth = 10 if depth is None else depth
        self.reliability = _default(reliability, ReliabilityPolicy.RELIABLE)
        self.durability = _default(durability, DurabilityPolicy.VOLATILE)
        self.lifespan = _default(lifespan, _UNSPECIFIED)
        self.deadline = _default(deadline, _UNSPECIFIED)
        self.liveliness = _default(liveliness, LivelinessPolicy.SYSTEM_DEFAULT)
        self.liveliness_lease_duration = _default(liveliness_lease_duration, _UNSPECIFIED)
        self.avoid_ros_namespace_conventions = _default(avoid_ros_namespace_conventions, False)

    @property
    def depth(self) -> int:
        """Number of samples kept with keep last; 0: the middleware's default."""
        return self._depth

    @depth.setter
    def depth(self, value: int) -> None:
        if not isinstance(value, int):
            raise AssertionError(f'depth must be an int, not {value!r}')
        if self.history == HistoryPolicy.KEEP_LAST and value == 0:
            warnings.warn(
                "A zero depth with KEEP_LAST doesn't make sense; no data could be stored. "
                'This will be interpreted as SYSTEM_DEFAULT',
                stacklevel=2,
            )
        self._depth = value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, QoSProfile):
            return False
        return all(getattr(self, slot) == getattr(other, slot) for slot in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        policies = ', '.join(f'{slot[1:]}={getattr(self, slot)}' for slot in self.__slots__)
        return f'{type(self).__name__}({policies})'


def _default(value: Any, default: Any) -> Any:
    return default if value is None else value


def _keep_last(depth: int, **policies: Any) -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=depth, **policies)


qos_profile_unknown = QoSProfile(
    history=HistoryPolicy.UNKNOWN,
    depth=0,
    reliability=ReliabilityPolicy.UNKNOWN,
    durability=DurabilityPolicy.UNKNOWN,
    liveliness=LivelinessPolicy.UNKNOWN,
)
qos_profile_default = _keep_last(10)
qos_profile_system_default = QoSProfile(
    history=HistoryPolicy.SYSTEM_DEFAULT,
    depth=0,
    reliability=ReliabilityPolicy.SYSTEM_DEFAULT,
    durability=DurabilityPolicy.SYSTEM_DEFAULT,
)
qos_profile_sensor_data = _keep_last(5, reliability=ReliabilityPolicy.BEST_EFFORT)
qos_profile_services_default = _keep_last(10)
qos_profile_parameters = _keep_last(1000)
qos_profile_parameter_events = _keep_last(1000)
qos_profile_best_available = _keep_last(
    10,
    reliability=ReliabilityPolicy.BEST_AVAILABLE,
    durability=DurabilityPolicy.BEST_AVAILABLE,
    deadline=DeadlineBestAvailable,
    liveliness=LivelinessPolicy.BEST_AVAILABLE,
    liveliness_lease_duration=LivelinessLeaseDurationeBestAvailable,
)
qos_profile_action_status_default = _keep_last(1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class QoSPresetProfiles(Enum):
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

    @classmethod
    def short_keys(cls) -> list[str]:
        """Names of the profiles, in lower case."""
        return [name.lower() for name in cls.__members__]

    @classmethod
    def get_from_short_key(cls, name: str) -> QoSProfile:
        """Profile of a name, in any case.

        Raises:
            KeyError: There is no such profile.
        """
        return cls[name.upper()].value
