"""Helpers that the actions share."""

from launch_ros.utilities.names import (
    make_namespace_absolute,
    prefix_namespace,
    validate_namespace,
    validate_node_name,
)
from launch_ros.utilities.parameters import (
    evaluate_parameter_dict,
    normalize_parameter_dict,
    normalize_parameters,
    to_yaml,
)

__all__ = [
    'evaluate_parameter_dict',
    'make_namespace_absolute',
    'normalize_parameter_dict',
    'normalize_parameters',
    'prefix_namespace',
    'to_yaml',
    'validate_namespace',
    'validate_node_name',
]
