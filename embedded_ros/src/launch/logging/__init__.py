"""Loggers of the launch system: screen, the main log file and a file per process."""

import logging
from typing import Any

from launch.logging import handlers
from launch.logging.config import LaunchConfig
from launch.logging.output import destinations_by_source

__all__ = [
    'get_logger',
    'get_output_loggers',
    'handlers',
    'launch_config',
    'log_launch_config',
    'reset',
]

launch_config = LaunchConfig()
_loggers: set[str] = set()


def get_logger(name: str | None = None) -> logging.Logger:
    """Logger that writes to the screen and to the main launch log file."""
    logger = _own_logger(name)
    _add_handler(logger, launch_config.get_screen_handler())
    _add_handler(logger, launch_config.get_log_file_handler())
    return logger


def get_output_loggers(
    process_name: str, output_config: str | dict[str, Any]
) -> tuple[logging.Logger, logging.Logger]:
    """Loggers for what a process writes on stdout and stderr.

    Args:
        process_name: Unique name of the process.
        output_config: 'screen', 'log', 'both', 'own_log', 'full', or a dictionary from
            'stdout', 'stderr' and 'both' to sets of 'screen', 'log' and 'own_log'.

    Raises:
        ValueError: The configuration names an unknown source or destination.
    """
    destinations = destinations_by_source(output_config)
    stdout, stderr = (
        _output_logger(process_name, source, destinations[source], destinations['both'])
        for source in ('stdout', 'stderr')
    )
    return stdout, stderr


def log_launch_config(*, logger: logging.Logger = logging.root) -> None:
    """Tell the user where the log files are and how much is logged."""
    if launch_config.file_handlers:
        logger.info('All log files can be found below %s', launch_config.log_dir)
    level = logging.getLevelName(logging.root.getEffectiveLevel())
    logger.info('Default logging verbosity is set to %s', level)


def reset() -> None:
    """Forget all handlers, formats and the log directory."""
    for name in _loggers:
        logger = logging.getLogger(name)
        logger.setLevel(logging.NOTSET)
        logger.handlers.clear()
    _loggers.clear()
    launch_config.reset()


def _own_logger(name: str | None) -> logging.Logger:
    logger = logging.getLogger(name)
    logger.propagate = False
    _loggers.add(logger.name)
    return logger


def _add_handler(logger: logging.Logger, handler: logging.Handler) -> None:
    if handler not in logger.handlers:
        logger.addHandler(handler)


def _output_logger(
    process_name: str, source: str, own: set[str], shared: set[str]
) -> logging.Logger:
    logger = _own_logger(f'{process_name}-{source}')
    if 'screen' in own | shared:
        screen = launch_config.get_screen_handler()
        screen.setFormatterFor(logger, logging.Formatter('{message}', style='{'))
        _add_handler(logger, screen)
    if 'log' in own | shared:
        main_log = launch_config.get_log_file_handler()
        main_log.setFormatterFor(logger, logging.Formatter('{created:.7f} {message}', style='{'))
        _add_handler(logger, main_log)
    if 'own_log' in own:
        own_log = launch_config.get_log_file_handler(f'{process_name}-{source}.log')
        own_log.setFormatter(logging.Formatter())
        _add_handler(logger, own_log)
    if 'own_log' in shared:
        combined_log = launch_config.get_log_file_handler(f'{process_name}.log')
        combined_log.setFormatter(logging.Formatter('{message}', style='{'))
        _add_handler(logger, combined_log)
    return logger
