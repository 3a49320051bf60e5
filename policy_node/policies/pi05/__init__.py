"""A pi0.5 of LeRobot that says which step of the task comes next, and pursues it."""

from __future__ import annotations

from dataclasses import replace

from policy_node.policies.lerobot import REMEDY
from policy_node.policies.pi05.parameters import Params
from policy_node.policies.pi05.prompt import check
from policy_node.policy import Policy, PolicyConfig, PolicyError, Requirements

__all__ = ['Params', 'create', 'describe']
KIND = 'pi05'


def create(config: PolicyConfig) -> Policy:
    """Load a checkpoint.

    Raises:
        PolicyError: LeRobot is missing or too old, or the checkpoint cannot be used.
    """
    from policy_node.policies.lerobot.checkpoint import batches, fitting
    params: Params = config.params or Params()
    check(params.subtask_prompt)
    config = replace(config, params=params)
    checkpoint = fitting(config)    # before LeRobot is imported, which takes many seconds
    if checkpoint.kind != KIND:
        raise PolicyError(f'checkpoint {checkpoint.path} is of type {checkpoint.kind}, policy pi05 '
                          f'runs type {KIND}; use policy lerobot')
    try:
        from policy_node.policies.pi05.policy import BatchingPi05Policy, Pi05Policy
    except (ImportError, RuntimeError) as error:    # torchvision without its operators: the latter
        raise PolicyError(f'policy pi05 needs LeRobot 0.6, which needs Python 3.12: {error}; '
                          f'{REMEDY.format(KIND)}') from error
    return (BatchingPi05Policy if batches(checkpoint, params) else Pi05Policy)(config, checkpoint)


def describe(config: PolicyConfig) -> Requirements:
    """What a checkpoint needs and makes; works without LeRobot.

    Raises:
        PolicyError: It cannot be read.
    """
    from policy_node.policies.lerobot.description import describe_checkpoint
    asked = replace(config, params=config.params or Params())
    return replace(describe_checkpoint(asked), subtasks=True)
