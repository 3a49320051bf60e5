"""Things of users that an executor waits for: not part of this distribution."""

from embedded_ros.missing import refusal

__getattr__ = refusal(__name__, ('NumberOfEntities', 'Waitable'), 'own waitables need a real ROS 2')
