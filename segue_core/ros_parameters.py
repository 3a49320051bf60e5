"""Parameter tables and the contract as ROS parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, replace
from functools import partial
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from segue_core.contract import Contract, ContractParams, InputParams
from segue_core.parameters import (
    ParameterError,
    build,
    check,
    describe,
    refuse_unknown,
    table_fields,
)

T = TypeVar('T')

ROS_OWN = ('use_sim_time', 'start_type_description_service', 'qos_overrides.')
"""Parameters that ROS declares on every node."""

SHARED = ('autostart', 'contract.')
"""Parameters of policy_node and robot_bridge, in a file that other nodes read too."""


class ParameterTables:
    """Declares tables on one node and keeps them current.

    The node must be made with ``automatically_declare_parameters_from_overrides=True``, so that
    what the user gave is known before the tables are declared, and a misspelt name is refused.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._given = {name: p.value for name, p in node.get_parameters_by_prefix('').items()
                       if not name.startswith(ROS_OWN)}
        self._known: dict[str, tuple[Field[Any], Callable[[Any], None]]] = {}
        self._current: dict[str, list[Any]] = {}
        node.add_on_set_parameters_callback(self._on_set)

    def declare(self, table: type[T], prefix: str = '',
                on_change: Callable[[T], None] | None = None) -> T:
        """Declare a table and return its values; a table that is declared already stays so.

        Args:
            table: Dataclass made with `segue_core.parameters.param`.
            prefix: Put before each name, e.g. ``contract.``; one for each table.
            on_change: Told the new table when a dynamic parameter is set; a `ParameterError`
                that it raises refuses the value.

        Raises:
            ParameterError: A value does not fit.
        """
        if prefix in self._current:
            return self._current[prefix][0]
        current = [build(table, {f.name: self._given[prefix + f.name]
                                 for f in table_fields(table) if prefix + f.name in self._given},
                         prefix)]
        self._current[prefix] = current

        def change(name: str, value: Any) -> None:
            changed = replace(current[0], **{name: value})  # type: ignore[type-var]
            if on_change:
                on_change(changed)
            current[0] = changed

        for f in table_fields(table):
            name = prefix + f.name
            if self._node.has_parameter(name):
                self._node.undeclare_parameter(name)
            self._node.declare_parameter(name, _ros(f.metadata['default']), _descriptor(f))
            self._known[name] = f, partial(change, f.name)
        return current[0]

    def declare_contract(self) -> Contract:
        """Declare ``contract.*`` and return the contract.

        Raises:
            ParameterError: A value does not fit.
        """
        params = self.declare(ContractParams, 'contract.')
        return Contract.from_params(params, {
            name: self.declare(InputParams, f'contract.{name}.') for name in params.observations})

    def refuse_unknown(self, shared_prefixes: tuple[str, ...] = ()) -> None:
        """Refuse what the user gave and no table has.

        Args:
            shared_prefixes: Names that start so are another node's in a shared file.

        Raises:
            ParameterError: Names the parameter and what it may have meant.
        """
        given = [name for name in self._given if not name.startswith(shared_prefixes)]
        refuse_unknown(given, self._known)

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        changes = []
        for p in parameters:
            if p.name not in self._known:
                continue
            f, change = self._known[p.name]
            try:
                changes.append((change, check(p.name, f, p.value)))
            except ParameterError as error:
                return SetParametersResult(successful=False, reason=str(error))
        try:
            for change, value in changes:
                change(value)
        except ParameterError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)


def _ros(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _descriptor(f: Field[Any]) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(description=describe(f),
                                     read_only=not f.metadata['dynamic'])
    low, high = f.metadata['low'], f.metadata['high']
    if low is not None and isinstance(f.metadata['default'], float):
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    elif low is not None:
        descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=1)]
    if isinstance(f.metadata['default'], tuple) and not f.metadata['default']:
        descriptor.dynamic_typing = True
    return descriptor
