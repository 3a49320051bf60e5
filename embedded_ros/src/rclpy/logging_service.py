"""The services through which others read and set the levels of a node's loggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import LoggerLevel, SetLoggerLevelsResult
from rcl_interfaces.srv import GetLoggerLevels, SetLoggerLevels

from rclpy.logging import get_logger_level, set_logger_level
from rclpy.qos import qos_profile_services_default
from rclpy.validate_topic_name import TOPIC_SEPARATOR_STRING

if TYPE_CHECKING:
    from rclpy.node import Node


class LoggingService:
    """Two services of one node."""

    def __init__(self, node: Node) -> None:
        for srv_type, name, callback in (
            (GetLoggerLevels, 'get_logger_levels', self._get_logger_levels),
            (SetLoggerLevels, 'set_logger_levels', self._set_logger_levels),
        ):
            node.create_service(
                srv_type,
                TOPIC_SEPARATOR_STRING.join((node.get_name(), name)),
                callback,
                qos_profile=qos_profile_services_default,
            )

    def _get_logger_levels(self, request: Any, response: Any) -> Any:
        response.levels = [
            LoggerLevel(name=name, level=get_logger_level(name)) for name in request.names
        ]
        return response

    def _set_logger_levels(self, request: Any, response: Any) -> Any:
        for level in request.levels:
            result = SetLoggerLevelsResult(successful=True)
            try:
                set_logger_level(level.name, level.level)
            except ValueError:
                result = SetLoggerLevelsResult(
                    successful=False, reason='Failed reason: Invalid logger level.'
                )
            response.results.append(result)
        return response
