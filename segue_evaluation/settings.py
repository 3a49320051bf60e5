"""What a parameter file says, for running both nodes' parts in one process. No ROS needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from policy_node.parameters import PolicyParams
from policy_node.policy import PolicyConfig
from policy_node.requirements import requirements_of
from policy_node.server import GROUP as POLICIES
from policy_node.subtasks import SubtaskSettings
from robot_bridge.driver import Simulator
from robot_bridge.parameters import BridgeParams
from robot_bridge.shaping.parameters import ShapingParams
from segue_core.contract import Contract
from segue_core.parameter_file import contract_of, read_parameters, table_of
from segue_core.parameters import table_fields
from segue_core.paths import package_file
from segue_core.plugins import load_plugin
from segue_evaluation.modes import MODES, RTC

DRIVERS = 'segue.drivers'
NODES = ('policy_node', 'robot_bridge')


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an episode depends on besides its number.

    Attributes:
        contract: What the policy observes and which columns it gives.
        bridge: Parameters of robot_bridge.
        shaping: From rows to commands.
        policy: What to load.
        subtasks: What is set about subtasks; ``subtask_wait`` is true.
        make_simulator: Makes the simulator, not connected.
    """

    contract: Contract
    bridge: BridgeParams
    shaping: ShapingParams
    policy: PolicyConfig
    subtasks: SubtaskSettings
    make_simulator: Callable[[], Simulator]


def read_settings(file: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read a parameter file as the nodes do.

    Args:
        file: YAML with ``/**``, ``policy_node`` and ``robot_bridge``.
        overrides: Full parameter name -> value, e.g. ``libero.task_id``; for either node.

    Raises:
        ParameterError: The file cannot be read, or a value does not fit.
        PluginError: Policy or driver do not exist.
    """
    policy_given = read_parameters(file, 'policy_node') | dict(overrides or {})
    bridge_given = read_parameters(file, 'robot_bridge') | dict(overrides or {})
    contract = contract_of(bridge_given)
    bridge = replace(table_of(BridgeParams, bridge_given), lockstep=True)
    driver = load_plugin(DRIVERS, bridge.driver, needs=('Params', 'create'))
    driver_params = table_of(driver.Params, bridge_given, f'{bridge.driver}.')
    subtasks = replace(table_of(PolicyParams, policy_given), subtask_wait=True)
    return Settings(contract, bridge, table_of(ShapingParams, bridge_given, 'shaping.'),
                    _policy(policy_given, contract), subtasks,
                    lambda: driver.create(driver_params))


def default_params_file() -> Path:
    """Contract and parameters that come with the package."""
    return package_file('config', 'libero.yaml')


def given_parameters(file: Path) -> dict[str, Any]:
    """What a parameter file gives to either node: full name -> value.

    Raises:
        ParameterError: The file cannot be read.
    """
    return {name: value for node in NODES for name, value in read_parameters(file, node).items()}


def known_parameters(file: Path, overrides: Mapping[str, Any]) -> set[str]:
    """Full names of all parameters of the nodes, of the driver and of the policy that are chosen.

    Args:
        file: Parameter file.
        overrides: Full parameter name -> value; chooses driver and policy.

    Raises:
        ParameterError: The file cannot be read.
        PluginError: Policy or driver do not exist.
    """
    given = given_parameters(file) | dict(overrides)
    driver = str(given.get('driver', 'mock'))
    names = {name for name in given_parameters(file) if name.startswith('contract.')}
    of_driver = load_plugin(DRIVERS, driver, needs=('Params', 'create')).Params
    for prefix, table in (('', BridgeParams), ('', PolicyParams), ('shaping.', ShapingParams),
                          (f'{driver}.', of_driver)):
        names |= {prefix + f.name for f in table_fields(table)}
    policy = str(given.get('policy', ''))
    return names | {f'{policy}.{name}' for name in policy_parameters(policy)}


def policy_parameters(policy: str) -> dict[str, Any]:
    """A policy's own parameters: name -> default.

    Raises:
        PluginError: The policy does not exist.
    """
    table = getattr(load_plugin(POLICIES, policy), 'Params', None)
    return {f.name: f.default for f in table_fields(table)} if table else {}


def continuations(policy: PolicyConfig) -> tuple[str, ...]:
    """How a policy can continue what is queued: `Mode.rtc` of the modes that it can do.

    Raises:
        PluginError: The policy does not exist.
        PolicyError: Its checkpoint cannot be read.
    """
    if RTC not in policy_parameters(policy.policy):
        return ()
    told = requirements_of(policy)
    return told.rtc if told else tuple({mode.rtc for mode in MODES.values()})


def _policy(given: Mapping[str, Any], contract: Contract) -> PolicyConfig:
    p = table_of(PolicyParams, given)
    table = getattr(load_plugin(POLICIES, p.policy), 'Params', None)
    return PolicyConfig(
        policy=p.policy, actions_per_chunk=p.actions_per_chunk, step_ns=contract.step_ns,
        action_names=contract.action_names, action_units=contract.action_units,
        features=contract.features, config=p.config, checkpoint=p.checkpoint, device=p.device,
        params=table_of(table, given, f'{p.policy}.') if table else None)
