"""Think, then act: which step of its task each session pursues, and when to think again. Pure."""

from policy_node.subtasks.figures import SubtaskFigures
from policy_node.subtasks.gate import DecodingAbandoned, TurnGate
from policy_node.subtasks.keeper import SubtaskKeeper, View
from policy_node.subtasks.values import CurrentSubtask, Provenance, SubtaskSettings

__all__ = ['CurrentSubtask', 'DecodingAbandoned', 'Provenance', 'SubtaskFigures', 'SubtaskKeeper',
           'SubtaskSettings', 'TurnGate', 'View']
