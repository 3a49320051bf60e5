"""Publishing the requests of services: not part of this distribution."""

from embedded_ros.missing import refusal

__getattr__ = refusal(
    __name__,
    ('ServiceIntrospectionState',),
    'service introspection needs a real ROS 2',
)
