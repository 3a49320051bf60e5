"""Any LeRobot ``pretrained_model`` folder as a policy, with LeRobot's own classes."""

from __future__ import annotations

from policy_node.policies.lerobot.parameters import Params
from policy_node.policy import Policy, PolicyConfig, PolicyError, Requirements

__all__ = ['Params', 'create', 'describe']

REMEDY = (
    'install it into this Python: pip install "segue[{}]". Where torch is its CPU build, take '
    'torchvision from the same place as torch, else importing it fails with "operator '
    'torchvision::nms does not exist"; see docs/policies_lerobot.md')


def create(config: PolicyConfig) -> Policy:
    """Load a checkpoint.

    Raises:
        PolicyError: LeRobot is missing, or the checkpoint cannot be used.
    """
    from policy_node.policies.lerobot.checkpoint import batches, fitting
    checkpoint = fitting(config)    # before LeRobot is imported, which takes many seconds
    try:
        from policy_node.policies.lerobot.policy import BatchingLerobotPolicy, LerobotPolicy
    except (ImportError, RuntimeError) as error:    # torchvision without its operators: the latter
        raise PolicyError(f'policy lerobot needs LeRobot: {error}; {REMEDY.format("lerobot")}'
                          ) from error
    several = batches(checkpoint, config.params or Params())
    return (BatchingLerobotPolicy if several else LerobotPolicy)(config, checkpoint)


def describe(config: PolicyConfig) -> Requirements:
    """What a checkpoint needs and makes; works without LeRobot.

    Raises:
        PolicyError: It cannot be read.
    """
    from policy_node.policies.lerobot.description import describe_checkpoint
    return describe_checkpoint(config)
