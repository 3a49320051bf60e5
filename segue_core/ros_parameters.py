"""Parameter tables and the contract as ROS parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, replace
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
        self._known: dict[str, tuple[Field[Any], _Declared]] = {}
        self._declared: dict[str, _Declared] = {}
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
        if prefix in self._declared:
            return self._declared[prefix].current
        declared = self._declared[prefix] = _Declared(build(table, {
            f.name: self._given[prefix + f.name]
            for f in table_fields(table) if prefix + f.name in self._given}, prefix), on_change)
        for f in table_fields(table):
            name = prefix + f.name
            if self._node.has_parameter(name):
                self._node.undeclare_parameter(name)
            self._node.declare_parameter(name, _ros(f.metadata['default']), _descriptor(f))
            self._known[name] = f, declared
        return declared.current

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
        """Set all of them or none."""
        changes: dict[_Declared, dict[str, Any]] = {}
        before: dict[_Declared, Any] = {}
        try:
            for p in parameters:
                if p.name in self._known:
                    f, declared = self._known[p.name]
                    changes.setdefault(declared, {})[f.name] = check(p.name, f, p.value)
            for declared, values in changes.items():
                old = declared.current
                declared.take(replace(old, **values))
                before[declared] = old
        except ParameterError as error:
            for declared, old in before.items():
                declared.take(old)
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)


@dataclass(slots=True, eq=False)
class _Declared:
    """A table's values, and who is told new ones before they hold."""

    current: Any
    on_change: Callable[[Any], None] | None

    def take(self, changed: Any) -> None:
        if self.on_change:
            self.on_change(changed)
        self.current = changed


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
