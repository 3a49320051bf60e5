"""CycloneDDS: participants, writers and readers of serialised samples, and wait sets."""

from embedded_ros.dds.configuration import ConfigurationError, domain_id_from_environment
from embedded_ros.dds.endpoints import MatchedEndpoint, Reader, Sample, Writer
from embedded_ros.dds.native import DdsError
from embedded_ros.dds.participant import Participant
from embedded_ros.dds.waitset import GuardCondition, WaitSet

__all__ = [
    'ConfigurationError', 'DdsError', 'GuardCondition', 'MatchedEndpoint', 'Participant',
    'Reader', 'Sample', 'WaitSet', 'Writer', 'domain_id_from_environment',
]  # fmt: skip
