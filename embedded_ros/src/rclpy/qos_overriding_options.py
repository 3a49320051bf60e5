"""QoS policies that parameters change: not part of this distribution."""

from embedded_ros.missing import refusal

__getattr__ = refusal(
    __name__,
    ('InvalidQosOverridesError', 'QoSOverridingOptions', 'QosCallbackType'),
    'choose the QoS by parameters of your own',
)
