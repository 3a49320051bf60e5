"""Parameters of a node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import (
    ParameterDescriptor,
    ParameterEvent,
    ParameterValue,
    SetParametersResult,
)

from rclpy.exceptions import (
    InvalidParameterTypeException,
    InvalidParameterValueException,
    ParameterAlreadyDeclaredException,
    ParameterImmutableException,
    ParameterNotDeclaredException,
)
from rclpy.impl import parameter_rules
from rclpy.impl.node_parameter_values import NodeParameterValues
from rclpy.parameter import Parameter

if TYPE_CHECKING:
    from rclpy.clock import Clock
    from rclpy.publisher import Publisher

SetCallback = Callable[[list[Parameter]], SetParametersResult]
PreSetCallback = Callable[[list[Parameter]], list[Parameter]]
PostSetCallback = Callable[[list[Parameter]], None]


class NodeParameters(NodeParameterValues):
    """The part of `Node` that declares and sets parameters."""

    PARAM_REL_TOL = parameter_rules.RELATIVE_TOLERANCE

    _clock: Clock
    _parameter_event_publisher: Publisher | None
    get_fully_qualified_name: Callable[[], str]

    def _init_parameters(self, allow_undeclared_parameters: bool) -> None:
        self._parameters: dict[str, Parameter] = {}
        self._descriptors: dict[str, ParameterDescriptor] = {}
        self._parameter_overrides: dict[str, Parameter] = {}
        self._allow_undeclared_parameters = allow_undeclared_parameters
        self._pre_set_parameters_callbacks: list[PreSetCallback] = []
        self._on_set_parameters_callbacks: list[SetCallback] = []
        self._post_set_parameters_callbacks: list[PostSetCallback] = []

    # -- declaration -----------------------------------------------------------------------------

    def declare_parameter(
        self, name: str, value: Any = None, descriptor: ParameterDescriptor | None = None,
        ignore_override: bool = False,
    ) -> Parameter:  # fmt: skip
        """Declare a parameter.

        Args:
            name: Name; dots make a hierarchy.
            value: Default value, or a Parameter.Type for one that must be given.
            descriptor: Description, range, read-only, dynamic typing.
            ignore_override: Whether to ignore the value from the command line.

        Returns:
            The parameter with its value.

        Raises:
            ParameterAlreadyDeclaredException: It was declared before.
            InvalidParameterException: The name is empty.
            InvalidParameterTypeException: The value from the command line has another type.
            InvalidParameterValueException: The value is out of range or refused by a callback.
        """
        if value is None and descriptor is None:
            arguments: tuple[Any, ...] = (name,)
        else:
            arguments = (name, value, ParameterDescriptor() if descriptor is None else descriptor)
        return self.declare_parameters('', [arguments], ignore_override)[0]

    def declare_parameters(
        self, namespace: str, parameters: Sequence[tuple[Any, ...]], ignore_override: bool = False
    ) -> list[Parameter]:
        """Declare several parameters; see `declare_parameter`.

        Args:
            namespace: What their names shall begin with, without the dot; '' for nothing.
            parameters: (name,), (name, value or type) or (name, value or type, descriptor).
            ignore_override: Whether to ignore the values from the command line.

        Returns:
            The parameters with their values.
        """
        declared: list[Parameter] = []
        descriptors: dict[str, ParameterDescriptor] = {}
        for index, arguments in enumerate(parameters):
            name, value, descriptor = parameter_rules.read_declaration(namespace, index, arguments)
            if not ignore_override and name in self._parameter_overrides:
                value = self._parameter_overrides[name].value
            declared.append(parameter_rules.declared_parameter(name, value, descriptor))
            descriptors[name] = descriptor
        if repeated := [name for name in descriptors if name in self._parameters]:
            raise ParameterAlreadyDeclaredException(repeated)
        for parameter in declared:
            result = self._apply([parameter], descriptors)
            if result.reason.startswith('Wrong parameter type'):
                expected = Parameter.Type(descriptors[parameter.name].type).name
                raise InvalidParameterTypeException(parameter, expected)
            if not result.successful:
                raise InvalidParameterValueException(
                    parameter.name, parameter.value, result.reason
                )
        return [self._parameters[name] for name in descriptors]

    def undeclare_parameter(self, name: str) -> None:
        """Forget a parameter.

        Raises:
            ParameterNotDeclaredException: It was not declared.
            ParameterImmutableException: It is read-only.
        """
        if name not in self._parameters:
            raise ParameterNotDeclaredException(name)
        if self._descriptors[name].read_only:
            raise ParameterImmutableException(name)
        del self._parameters[name], self._descriptors[name]

    # -- setting ---------------------------------------------------------------------------------

    def set_parameters(self, parameter_list: list[Parameter]) -> list[SetParametersResult]:
        """Set parameters one by one; those after a failure are set, too.

        Raises:
            ParameterNotDeclaredException: One was not declared.
        """
        return [self.set_parameters_atomically([parameter]) for parameter in parameter_list]

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """Set parameters all together or not at all.

        Raises:
            ParameterNotDeclaredException: One was not declared.
        """
        if self._pre_set_parameters_callbacks:
            parameter_list = [
                parameter
                for callback in self._pre_set_parameters_callbacks
                for parameter in callback(parameter_list)
            ]
            if not parameter_list:
                return parameter_rules.refused(
                    'parameter list cannot be empty, this might be due to '
                    'pre_set_parameters_callback modifying the original parameters list.'
                )
        if not all(isinstance(parameter, Parameter) for parameter in parameter_list):
            raise TypeError(f"parameter must be instance of type '{Parameter!r}'")
        undeclared = [each.name for each in parameter_list if each.name not in self._parameters]
        if undeclared and not self._allow_undeclared_parameters:
            raise ParameterNotDeclaredException(undeclared)
        return self._apply(parameter_list)

    def _apply(
        self,
        parameter_list: list[Parameter],
        declared: dict[str, ParameterDescriptor] | None = None,
    ) -> SetParametersResult:
        """Check, set and announce; `declared` holds the descriptors of new parameters."""
        descriptors = self._descriptors if declared is None else declared
        for parameter in parameter_list:
            if (descriptor := descriptors.get(parameter.name)) is None:
                continue
            if declared is None and descriptor.read_only:
                return parameter_rules.refused(
                    f'Trying to set a read-only parameter: {parameter.name}.'
                )
            result = self._check(parameter, descriptor)
            if not result.successful:
                return result
        for callback in self._on_set_parameters_callbacks:
            result = callback(parameter_list)
            if not result.successful:
                return result
        self._store(parameter_list, declared)
        for post_callback in self._post_set_parameters_callbacks:
            post_callback(parameter_list)
        return SetParametersResult(successful=True)

    def _check(self, parameter: Parameter, descriptor: ParameterDescriptor) -> SetParametersResult:
        descriptor.name = parameter.name
        return parameter_rules.check(parameter, descriptor, parameter.name in self._parameters)

    def _store(
        self, parameter_list: list[Parameter], declared: dict[str, ParameterDescriptor] | None
    ) -> None:
        event = ParameterEvent(node=self.get_fully_qualified_name())
        for parameter in parameter_list:
            name = parameter.name
            if declared is None and parameter.type_ == Parameter.Type.NOT_SET:
                changes = event.deleted_parameters
                self._parameters.pop(name, None)
                self._descriptors.pop(name, None)
            else:
                is_new = self.get_parameter_or(name).type_ == Parameter.Type.NOT_SET
                changes = event.new_parameters if is_new else event.changed_parameters
                self._parameters[name] = parameter
                if declared is not None:
                    self._descriptors[name] = declared[name]
                self._descriptors.setdefault(
                    name, ParameterDescriptor(name=name, dynamic_typing=True)
                )
            changes.append(parameter.to_parameter_msg())
        event.stamp = self._clock.now().to_msg()
        if self._parameter_event_publisher is not None:
            self._parameter_event_publisher.publish(event)

    def add_pre_set_parameters_callback(self, callback: PreSetCallback) -> None:
        """Have a function replace the list of parameters that are to be set."""
        self._pre_set_parameters_callbacks.insert(0, callback)

    def add_on_set_parameters_callback(self, callback: SetCallback) -> None:
        """Have a function accept or refuse parameters that are to be set."""
        self._on_set_parameters_callbacks.insert(0, callback)

    def add_post_set_parameters_callback(self, callback: PostSetCallback) -> None:
        """Have a function called after parameters were set."""
        self._post_set_parameters_callbacks.insert(0, callback)

    def remove_pre_set_parameters_callback(self, callback: PreSetCallback) -> None:
        """Undo `add_pre_set_parameters_callback`; ValueError if it was not added."""
        self._pre_set_parameters_callbacks.remove(callback)

    def remove_on_set_parameters_callback(self, callback: SetCallback) -> None:
        """Undo `add_on_set_parameters_callback`; ValueError if it was not added."""
        self._on_set_parameters_callbacks.remove(callback)

    def remove_post_set_parameters_callback(self, callback: PostSetCallback) -> None:
        """Undo `add_post_set_parameters_callback`; ValueError if it was not added."""
        self._post_set_parameters_callbacks.remove(callback)

    def set_descriptor(
        self,
        name: str,
        descriptor: ParameterDescriptor,
        alternative_value: ParameterValue | None = None,
    ) -> ParameterValue:
        """Replace a parameter's descriptor.

        Args:
            name: Name.
            descriptor: New descriptor.
            alternative_value: Value to use if the descriptor refuses the present one.

        Returns:
            The value after that.

        Raises:
            ParameterNotDeclaredException: It was not declared.
            ParameterImmutableException: It is read-only.
            InvalidParameterValueException: The descriptor refuses both values.
        """
        current = self.get_parameter(name)
        if name not in self._parameters:
            return current.get_parameter_value()
        if self._descriptors[name].read_only:
            raise ParameterImmutableException(name)
        result = self._check(current, descriptor)
        if not result.successful and alternative_value is not None:
            current = parameter_rules.declared_parameter(name, alternative_value, descriptor)
            result = self._check(current, descriptor)
        if not result.successful:
            raise InvalidParameterValueException(name, current.value, result.reason)
        self._parameters[name] = current
        self._descriptors[name] = descriptor
        return current.get_parameter_value()
