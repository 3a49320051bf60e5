import importlib

import pytest


@pytest.mark.parametrize(
    ('module', 'name'),
    [
        ('rclpy.action', 'ActionClient'),
        ('rclpy.qos', 'qos_check_compatible'),
        ('rclpy.qos_overriding_options', 'QoSOverridingOptions'),
        ('rclpy.waitable', 'Waitable'),
        ('launch', 'frontend'),
        ('launch.actions', 'ForLoop'),
        ('launch.launch_description_sources', 'FrontendLaunchDescriptionSource'),
        ('launch_ros.actions', 'ComposableNodeContainer'),
        ('launch_ros.descriptions', 'ComposableNode'),
    ],
)
def test_what_is_missing_is_refused_by_name(module, name):
    imported = importlib.import_module(module)
    with pytest.raises(NotImplementedError, match=f'{module}.{name} is not part of embedded ROS'):
        getattr(imported, name)
    with pytest.raises(AttributeError, match='no_such_name'):
        assert imported.no_such_name
