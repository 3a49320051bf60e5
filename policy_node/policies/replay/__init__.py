"""Replays the actions of a dataset episode or of a bag as chunks."""

from policy_node.policies.replay.parameters import Params
from policy_node.policies.replay.policy import ReplayPolicy

create = ReplayPolicy

__all__ = ['Params', 'ReplayPolicy', 'create']
