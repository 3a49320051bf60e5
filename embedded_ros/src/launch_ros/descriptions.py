"""Descriptions of parameters."""

from launch.utilities import refusal
from launch_ros.parameter_descriptions import Parameter, ParameterFile, ParameterValue

__all__ = ['Parameter', 'ParameterFile', 'ParameterValue']

__getattr__ = refusal(__name__, ('ComposableNode',), 'nodes are processes, there are no components')
