"""The services through which others read and set the levels of a node's loggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import LoggerLevel, SetLoggerLevelsResult
from rcl_interfaces.srv import GetLoggerLevels, SetLoggerLevels

from rclpy.logging import get_logger_level, set_logger_level

if TYPE_CHECKING:
    from rclpy.node import Node


class LoggingService:
    """Two services of one node."""

    def __init__(self, node: Node) -> None:
        node.create_service(GetLoggerLevels, '~/get_logger_levels', self._get_logger_levels)
        node.create_service(SetLoggerLevels, '~/set_logger_levels', self._set_logger_levels)

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
                result.successful, result.reason = False, 'Failed reason: Invalid logger level.'
            response.results.append(result)
        return response
