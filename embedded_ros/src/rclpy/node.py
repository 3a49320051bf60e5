"""Nodes."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import Log, ParameterDescriptor, ParameterEvent

from embedded_ros import names as dds_names
from embedded_ros.dds import Participant
from rclpy._rclpy_pybind11 import NodeNameNonExistentError as NodeNameNonExistentError
from rclpy._rclpy_pybind11 import RCLError
from rclpy.callback_groups import CallbackGroup, MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ROSClock
from rclpy.context import Context
from rclpy.exceptions import InvalidTopicNameException
from rclpy.impl import arguments as ros_arguments
from rclpy.impl import names, rosout
from rclpy.impl.node_factory import NodeFactory
from rclpy.impl.node_graph import NodeGraph
from rclpy.impl.node_parameters import NodeParameters
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.logging import get_logger
from rclpy.logging_service import LoggingService
from rclpy.parameter import Parameter
from rclpy.parameter_service import ParameterService
from rclpy.qos import qos_profile_parameter_events
from rclpy.time_source import TimeSource
from rclpy.utilities import get_default_context

if TYPE_CHECKING:
    from rclpy.executors import Executor

HIDDEN_NODE_PREFIX = '_'


class Node(NodeFactory, NodeParameters, NodeGraph):
    """A participant of the ROS graph: publishers, subscriptions, services, parameters, timers.

    Attributes:
        context: Its context.
        default_callback_group: Group of entities that are given none; one of it runs at a time.
    """

    def __init__(
        self,
        node_name: str,
        *,
        context: Context | None = None,
        cli_args: list[str] | None = None,
        namespace: str | None = None,
        use_global_arguments: bool = True,
        enable_rosout: bool = True,
        start_parameter_services: bool = True,
        parameter_overrides: list[Parameter] | None = None,
        allow_undeclared_parameters: bool = False,
        automatically_declare_parameters_from_overrides: bool = False,
        enable_logger_service: bool = False,
    ) -> None:
        """Create a node.

        Args:
            node_name: Name, subject to remapping with `-r __node:=`.
            context: Context; default the default one.
            cli_args: ROS arguments for this node only.
            namespace: Namespace, subject to remapping with `-r __ns:=`; default '/'.
            use_global_arguments: Whether the arguments of `rclpy.init` count.
            enable_rosout: Whether its log messages are published on /rosout.
            start_parameter_services: Whether others can read and set its parameters.
            parameter_overrides: Values of parameters that count more than the arguments.
            allow_undeclared_parameters: Whether parameters can be set without declaration.
            automatically_declare_parameters_from_overrides: Whether every parameter that has a
                value from outside is declared.
            enable_logger_service: Whether others can read and set the levels of loggers.

        Raises:
            NotInitializedException: The context is not up.
            InvalidNodeNameException: The name breaks the rules.
            InvalidNamespaceException: The namespace breaks the rules.
            RCLInvalidROSArgsError: An argument has an error.
        """
        self.context = get_default_context() if context is None else context
        _, self._joined_graph = self.context._joined('cannot create node')
        self._is_destroyed = False
        self._arguments = [ros_arguments.parse_arguments(cli_args or [])]
        if use_global_arguments:
            self._arguments.append(self.context._arguments)
        self._rules = [rule for arguments in self._arguments for rule in arguments.remaps]
        self._name, self._namespace = self._choose_names(node_name, namespace or '/')
        self.default_callback_group: CallbackGroup = MutuallyExclusiveCallbackGroup()
        self._executor_reference: weakref.ref[Executor] | None = None
        self._logger = get_logger(self.get_fully_qualified_name()[1:].replace('/', '.'))
        self._init_entities()
        self._init_parameters(allow_undeclared_parameters)
        self._clock = ROSClock()
        self._rosout: rosout.RosoutSink | None = None
        self._parameter_event_publisher = None
        self._graph_node = self._joined_graph.add_node(self._namespace, self._name)
        self._joined_graph.add_change_hook(self._poll_events)
        try:
            if enable_rosout and self.context._arguments.outputs.get('rosout', True):
                self._start_rosout()
            self._parameter_event_publisher = self.create_publisher(
                ParameterEvent, '/parameter_events', qos_profile_parameter_events
            )
            self._init_overrides(
                parameter_overrides or [], automatically_declare_parameters_from_overrides
            )
            self._time_source = TimeSource(node=self)
            self._time_source.attach_clock(self._clock)
            if start_parameter_services:
                self._parameter_service = ParameterService(self)
            if enable_logger_service:
                self._logger_service = LoggingService(self)
        except BaseException:
            self._leave()
            raise

    def _choose_names(self, node_name: str, namespace: str) -> tuple[str, str]:
        """Name and namespace after remapping."""
        if not namespace.startswith('/'):
            namespace = f'/{namespace}'
        names.validate_node_name(node_name)
        names.validate_namespace(namespace)
        remap, rules = ros_arguments.remap_node, self._rules
        node_name = remap(rules, ros_arguments.NODE, node_name) or node_name
        return node_name, remap(rules, ros_arguments.NAMESPACE, node_name) or namespace

    def _start_rosout(self) -> None:
        topic = dds_names.dds_topic(self._resolve('/rosout'))
        writer = self._open(Participant.create_writer, topic, Log, rosout.QOS)
        self._rosout = rosout.RosoutSink(writer, self._logger.name)

    def _init_overrides(self, overrides: list[Parameter], declare: bool) -> None:
        values = ros_arguments.parameter_overrides(
            reversed(self._arguments), self.get_fully_qualified_name()
        )
        given = [Parameter(name, value=value) for name, value in values.items()]
        self._parameter_overrides = {each.name: each for each in (*given, *overrides)}
        if declare:
            declarations = [
                (name, override.value, ParameterDescriptor())
                for name, override in self._parameter_overrides.items()
            ]
            self.declare_parameters('', declarations, ignore_override=True)

    # -- identity --------------------------------------------------------------------------------

    @property
    def handle(self) -> Any:
        """The node as it is announced in the graph."""
        return self._graph_node

    @property
    def executor(self) -> Executor | None:
        """Executor that runs this node."""
        return None if self._executor_reference is None else self._executor_reference()

    @executor.setter
    def executor(self, new_executor: Executor | None) -> None:
        current = self.executor
        if current is new_executor:
            return
        if current is not None:
            current.remove_node(self)
        if new_executor is None:
            self._executor_reference = None
        else:
            new_executor.add_node(self)
            self._executor_reference = weakref.ref(new_executor)

    def get_name(self) -> str:
        """Name, after remapping.

        Raises:
            InvalidHandle: The node was destroyed.
        """
        self._check_not_destroyed()
        return self._name

    def get_namespace(self) -> str:
        """Namespace, after remapping.

        Raises:
            InvalidHandle: The node was destroyed.
        """
        self._check_not_destroyed()
        return self._namespace

    def get_clock(self) -> Clock:
        """Clock of this node: system time, or simulated time with `use_sim_time`."""
        return self._clock

    def get_logger(self) -> RcutilsLogger:
        """Logger of this node."""
        return self._logger

    # -- names -----------------------------------------------------------------------------------

    def resolve_topic_name(self, topic: str, *, only_expand: bool = False) -> str:
        """Absolute name of a topic, remapped unless `only_expand`.

        Raises:
            RCLError: The name breaks the rules.
        """
        return self._resolved(topic, ros_arguments.TOPIC, only_expand)

    def resolve_service_name(self, service: str, *, only_expand: bool = False) -> str:
        """Absolute name of a service, remapped unless `only_expand`.

        Raises:
            RCLError: The name breaks the rules.
        """
        return self._resolved(service, ros_arguments.SERVICE, only_expand)

    def _resolved(self, name: str, renames: str, only_expand: bool) -> str:
        try:
            name = names.expand_topic_name(name, self.get_name(), self.get_namespace())
            if not only_expand:
                name = ros_arguments.remap_name(
                    self._rules, renames, name, self._name, self._namespace
                )
            names.validate_full_topic_name(name)
        except (ValueError, InvalidTopicNameException) as error:
            raise RCLError(f'failed to resolve name: {error}') from error
        return name

    def _resolve(self, name: str, is_service: bool = False) -> str:
        """Absolute, remapped name; one that breaks the rules raises what users expect."""
        names.validate_topic_name(name, is_service=is_service)
        if '{' not in name:
            expanded = names.expand_topic_name(name, self.get_name(), self.get_namespace())
            names.validate_full_topic_name(expanded, is_service=is_service)
        renames = ros_arguments.SERVICE if is_service else ros_arguments.TOPIC
        return self._resolved(name, renames, False)

    # -- end -------------------------------------------------------------------------------------

    def destroy_node(self) -> None:
        """Destroy all entities and leave the graph; the node cannot be used any more."""
        if self._is_destroyed:
            return
        self._time_source.detach_node()
        self._leave()
        self._wake_executor()

    def _leave(self) -> None:
        self._joined_graph.remove_change_hook(self._poll_events)
        self._parameter_event_publisher = None
        self._destroy_entities()
        if self._rosout is not None:
            self._rosout.close()
            self._close(self._rosout.writer)
            self._rosout = None
        self._joined_graph.remove_node(self._graph_node)
        self._is_destroyed = True

    def _wake_executor(self) -> None:
        if (executor := self.executor) is not None:
            executor.wake()
