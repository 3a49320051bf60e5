"""Descriptions of what actions run."""

from launch.descriptions.executable import Executable

__all__ = ['Executable']
