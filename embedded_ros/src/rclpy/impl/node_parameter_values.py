"""What a node's parameters are."""

from __future__ import annotations

from rcl_interfaces.msg import ListParametersResult, ParameterDescriptor

from rclpy.exceptions import ParameterNotDeclaredException, ParameterUninitializedException
from rclpy.parameter import PARAMETER_SEPARATOR_STRING, Parameter


class NodeParameterValues:
    """The part of `Node` that reads parameters."""

    _parameters: dict[str, Parameter]
    _descriptors: dict[str, ParameterDescriptor]
    _allow_undeclared_parameters: bool

    def has_parameter(self, name: str) -> bool:
        """Whether a parameter was declared."""
        return name in self._parameters

    def get_parameter_types(self, names: list[str]) -> list[int]:
        """Types of several parameters; see `get_parameter_type`."""
        return [self.get_parameter_type(name) for name in _strings(names)]

    def get_parameter_type(self, name: str) -> int:
        """Type of a parameter, as in `rcl_interfaces/msg/ParameterType`.

        Raises:
            ParameterNotDeclaredException: It was not declared.
        """
        if name in self._parameters:
            return self._parameters[name].type_.value
        if self._allow_undeclared_parameters:
            return Parameter.Type.NOT_SET.value
        raise ParameterNotDeclaredException(name)

    def get_parameters(self, names: list[str]) -> list[Parameter]:
        """Several parameters; see `get_parameter`."""
        return [self.get_parameter(name) for name in _strings(names)]

    def get_parameter(self, name: str) -> Parameter:
        """A parameter.

        Raises:
            ParameterNotDeclaredException: It was not declared.
            ParameterUninitializedException: It was declared without a value and got none.
        """
        parameter = self._parameters.get(name)
        if parameter is None:
            if self._allow_undeclared_parameters:
                return Parameter(name)
            raise ParameterNotDeclaredException(name)
        if parameter.type_ != Parameter.Type.NOT_SET or self._descriptors[name].dynamic_typing:
            return parameter
        raise ParameterUninitializedException(name)

    def get_parameter_or(self, name: str, alternative_value: Parameter | None = None) -> Parameter:
        """A parameter, or an alternative if it was not declared or has no value."""
        parameter = self._parameters.get(name)
        if parameter is not None and parameter.type_ != Parameter.Type.NOT_SET:
            return parameter
        return Parameter(name) if alternative_value is None else alternative_value

    def get_parameters_by_prefix(self, prefix: str) -> dict[str, Parameter]:
        """Parameters whose names begin with '<prefix>.', by the rest of their names."""
        start = prefix and prefix + PARAMETER_SEPARATOR_STRING
        return {
            name.removeprefix(start): parameter
            for name, parameter in self._parameters.items()
            if name.startswith(start)
        }

    def list_parameters(self, prefixes: list[str], depth: int) -> ListParametersResult:
        """Names of parameters.

        Args:
            prefixes: Beginnings of the names; none: all names.
            depth: Greatest number of dots after the prefix, plus one; 0: any.

        Raises:
            TypeError: An argument is of another type.
            ValueError: `depth` is negative.
        """
        if not isinstance(prefixes, list) or not all(isinstance(each, str) for each in prefixes):
            raise TypeError('The prefixes argument must be a list of str')
        if not isinstance(depth, int):
            raise TypeError('The depth must be instance of type int')
        if depth < 0:
            raise ValueError('The depth must be greater than or equal to zero')
        result = ListParametersResult()
        for name in self._parameters:
            if _is_listed(name, prefixes, depth):
                result.names.append(name)
                prefix = name.rpartition(PARAMETER_SEPARATOR_STRING)[0]
                if prefix and prefix not in result.prefixes:
                    result.prefixes.append(prefix)
        return result

    def describe_parameter(self, name: str) -> ParameterDescriptor:
        """Descriptor of a parameter.

        Raises:
            ParameterNotDeclaredException: It was not declared.
        """
        if name in self._descriptors:
            return self._descriptors[name]
        if self._allow_undeclared_parameters:
            return ParameterDescriptor()
        raise ParameterNotDeclaredException(name)

    def describe_parameters(self, names: list[str]) -> list[ParameterDescriptor]:
        """Descriptors of several parameters; see `describe_parameter`."""
        return [self.describe_parameter(name) for name in names]


def _strings(names: list[str]) -> list[str]:
    if not all(isinstance(name, str) for name in names):
        raise TypeError('All names must be instances of type str')
    return names


def _is_listed(name: str, prefixes: list[str], depth: int) -> bool:
    dot = PARAMETER_SEPARATOR_STRING
    rests = [name.removeprefix(p + dot) for p in prefixes if name.startswith(p + dot)]
    if not prefixes:
        rests = [name]
    return name in prefixes or any(not depth or rest.count(dot) < depth for rest in rests)
