"""Scripted expert for LIBERO's pick-and-place tasks. Needs numpy and scipy only."""

from policy_node.policies.expert.policy import ExpertPolicy

__all__ = ['ExpertPolicy']
