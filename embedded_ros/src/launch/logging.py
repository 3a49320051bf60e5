"""Loggers of the launch system: screen, the main log file and a file per process."""

import logging
import logging.handlers
import os
import signal
import socket
import sys
import warnings
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

_OUTPUT_CONFIGS: dict[str, dict[str, set[str]]] = {
    'screen': {'both': {'screen'}},
    'log': {'both': {'log'}, 'stderr': {'screen'}},
    'both': {'both': {'log', 'screen'}},
    'own_log': {'both': {'own_log'}, 'stdout': {'own_log'}, 'stderr': {'own_log'}},
    'full': {'both': {'screen', 'log', 'own_log'}, 'stdout': {'own_log'}, 'stderr': {'own_log'}},
}


class LaunchConfig:
    """Where launch logs to; there is one, `launch.logging.launch_config`."""

    def __init__(self) -> None:
        self._handlers: dict[tuple[str, str], logging.Handler] = {}
        self.reset()

    def reset(self) -> None:
        """Go back to the defaults, and forget the log directory."""
        for handler in self._handlers.values():
            handler.close()
        self._handlers.clear()
        self._log_dir: str | None = None
        self.level = logging.INFO

    @property
    def level(self) -> int:
        """Verbosity of all loggers that have none of their own."""
        return logging.root.getEffectiveLevel()

    @level.setter
    def level(self, new_level: int | str) -> None:
        logging.root.setLevel(new_level)

    @property
    def log_dir(self) -> str:
        """Directory of this launch's log files; made when first asked for."""
        if self._log_dir is None:
            self._log_dir = _make_log_dir()
        return self._log_dir

    @log_dir.setter
    def log_dir(self, new_log_dir: str) -> None:
        if not os.path.isdir(new_log_dir):
            raise ValueError(f'{new_log_dir} is not a directory')
        self._log_dir = new_log_dir

    def get_log_file_path(self, file_name: str = 'launch.log') -> str:
        """Path of a log file of this launch."""
        return os.path.join(self.log_dir, file_name)

    def handler(self, file_name: str | None, line_format: str) -> logging.Handler:
        """The one handler that writes lines of a format to a log file, or for None the screen."""
        key = file_name or '', line_format
        if key not in self._handlers:
            handler: logging.Handler = _Screen(sys.stdout)
            if file_name:
                path = self.get_log_file_path(file_name)
                handler = logging.handlers.WatchedFileHandler(path, encoding='utf-8')
            handler.setFormatter(logging.Formatter(line_format, style='{'))
            self._handlers[key] = handler
        return self._handlers[key]


class _Screen(logging.StreamHandler):
    """Writes to the terminal; when nobody reads it any more, a running launch ends."""

    def __init__(self, stream: Any) -> None:
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='replace')
        super().__init__(stream)

    def handleError(self, record: logging.LogRecord) -> None:
        """Report an error of logging, but end quietly when the stream was closed."""
        if not isinstance(sys.exc_info()[1], BrokenPipeError):
            super().handleError(record)
            return
        with open(os.devnull, 'w') as nowhere:
            os.dup2(nowhere.fileno(), self.stream.fileno())
        if callable(signal.getsignal(signal.SIGHUP)):
            signal.raise_signal(signal.SIGHUP)


launch_config = LaunchConfig()
_loggers: set[logging.Logger] = set()


def get_logger(name: str | None = None) -> logging.Logger:
    """Logger that writes to the screen and to the main launch log file."""
    line = '[{levelname}] [{name}]: {message}'
    return _logger(name, (None, line), ('launch.log', '{created:.7f} ' + line))


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
    if isinstance(output_config, str):
        _check([output_config], 'standard output config', _OUTPUT_CONFIGS)
        output_config = _OUTPUT_CONFIGS[output_config]
    _check(output_config, 'output source', ('stdout', 'stderr', 'both'))
    wanted = {key: {x} if isinstance(x, str) else set(x) for key, x in output_config.items()}
    for destinations in wanted.values():
        _check(destinations, 'output destination', ('screen', 'log', 'own_log'))
    both = wanted.get('both', set())
    stdout, stderr = (
        _output_logger(process_name, source, wanted.get(source, set()), both)
        for source in ('stdout', 'stderr')
    )
    return stdout, stderr


def log_launch_config(*, logger: logging.Logger = logging.root) -> None:
    """Tell the user where the log files are and how much is logged."""
    logger.info('All log files can be found below %s', launch_config.log_dir)
    logger.info('Default logging verbosity is set to %s', logging.getLevelName(launch_config.level))


def reset() -> None:
    """Forget all loggers and the log directory."""
    for logger in _loggers:
        logger.setLevel(logging.NOTSET)
        logger.handlers.clear()
    _loggers.clear()
    launch_config.reset()


def _logger(name: str | None, *outputs: tuple[str | None, str]) -> logging.Logger:
    """Logger that writes to these files, each with the format of a line."""
    logger = logging.getLogger(name)
    logger.propagate = False
    for output in outputs:
        logger.addHandler(launch_config.handler(*output))  # adds none twice
    _loggers.add(logger)
    return logger


def _output_logger(process: str, source: str, own: set[str], both: set[str]) -> logging.Logger:
    outputs: list[tuple[str | None, str]] = []
    if 'screen' in own | both:
        outputs.append((None, '{message}'))
    if 'log' in own | both:
        outputs.append(('launch.log', '{created:.7f} {message}'))
    if 'own_log' in own:
        outputs.append((f'{process}-{source}.log', '{message}'))
    if 'own_log' in both:
        outputs.append((f'{process}.log', '{message}'))
    return _logger(f'{process}-{source}', *outputs)


def _check(names: Iterable[str], what: str, known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            listed = ', '.join(f'"{valid}"' for valid in known)
            raise ValueError(f'{name} is not a valid {what} i.e. {listed}')


def _make_log_dir() -> str:
    """New directory in $ROS_LOG_DIR, else $ROS_HOME/log, else ~/.ros/log; `latest` points at it."""
    home = os.environ.get('ROS_HOME') or '~/.ros'
    base = Path(os.environ.get('ROS_LOG_DIR') or f'{home}/log').expanduser()
    now = datetime.now().strftime('%Y-%m-%d-%H-%M-%S-%f')
    directory = base / f'{now}-{socket.gethostname()}-{os.getpid()}'
    directory.mkdir(parents=True)
    fresh = base / f'.latest-{os.getpid()}'
    try:
        fresh.symlink_to(directory, target_is_directory=True)
        fresh.replace(base / 'latest')
    except OSError as error:
        fresh.unlink(missing_ok=True)
        warnings.warn(f'Cannot create a symlink to latest log directory: {error}', stacklevel=2)
    return str(directory)
