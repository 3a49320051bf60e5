"""Descriptions of parameters."""

from launch_ros.parameter_descriptions import Parameter, ParameterFile, ParameterValue

from embedded_ros.missing import refusal

__all__ = ['Parameter', 'ParameterFile', 'ParameterValue']

__getattr__ = refusal(__name__, ('ComposableNode',), 'nodes are processes, there are no components')
