"""Where launch logs to, and in which format."""

import logging
import os
import socket
import sys
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from launch.logging import handlers

_SCREEN_FORMATS = {
    'default': '[{levelname}] [{name}]: {message}',
    'default_with_timestamp': '{created:.7f} [{levelname}] [{name}]: {message}',
}
_LOG_FORMATS = {'default': '{created:.7f} [{levelname}] [{name}]: {message}'}


class LaunchConfig:
    """Configuration of launch's logging; there is one, `launch.logging.launch_config`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Go back to the defaults, with no log directory and no handlers."""
        for handler in getattr(self, 'file_handlers', {}).values():
            handler.close()
        self._log_dir: str | None = None
        self.file_handlers: dict[str, Any] = {}
        self.screen_handler: Any = None
        self.screen_formatter: logging.Formatter | None = None
        self.file_formatter: logging.Formatter | None = None
        self.log_handler_factory: Callable[..., Any] = handlers.WatchedFileHandler
        logging.root.setLevel(logging.INFO)
        self.set_screen_format('default')
        self.set_log_format('default')

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
            self._log_dir = _make_unique_log_dir(_logging_directory())
            _renew_latest_link(Path(self._log_dir))
        return self._log_dir

    @log_dir.setter
    def log_dir(self, new_log_dir: str | None) -> None:
        if new_log_dir is not None:
            if self.file_handlers:
                warnings.warn(
                    'Loggers have been already configured to output to log files below '
                    f'{self._log_dir}. Proceed at your own risk.',
                    stacklevel=2,
                )
            if not os.path.isdir(new_log_dir):
                raise ValueError(f'{new_log_dir} is not a directory')
        self._log_dir = new_log_dir

    def set_screen_format(
        self, screen_format: str | None, *, screen_style: str | None = None
    ) -> None:
        """Set the format of what is shown on the screen.

        Args:
            screen_format: Format of `logging.Formatter`, or 'default' or
                'default_with_timestamp'; OVERRIDE_LAUNCH_SCREEN_FORMAT overrides it.
            screen_style: Style of a format of one's own.
        """
        self.screen_formatter = _formatter(
            screen_format, screen_style, _SCREEN_FORMATS, 'OVERRIDE_LAUNCH_SCREEN_FORMAT'
        )
        if self.screen_handler is not None:
            self.screen_handler.setFormatter(self.screen_formatter)

    def set_log_format(self, log_format: str | None, *, log_style: str | None = None) -> None:
        """Set the format of the main log file; OVERRIDE_LAUNCH_LOG_FORMAT overrides it."""
        self.file_formatter = _formatter(
            log_format, log_style, _LOG_FORMATS, 'OVERRIDE_LAUNCH_LOG_FORMAT'
        )
        for handler in self.file_handlers.values():
            handler.setFormatter(self.file_formatter)

    def get_screen_handler(self) -> Any:
        """The one handler that writes to the screen."""
        if self.screen_handler is None:
            if hasattr(sys.stdout, 'reconfigure'):
                sys.stdout.reconfigure(errors='replace')
            self.screen_handler = handlers.StreamHandler(sys.stdout)
            self.screen_handler.setFormatter(self.screen_formatter)
        return self.screen_handler

    def get_log_file_path(self, file_name: str = 'launch.log') -> str:
        """Path of a log file of this launch."""
        return os.path.join(self.log_dir, file_name)

    def get_log_file_handler(self, file_name: str = 'launch.log') -> Any:
        """The one handler that writes to a log file."""
        if file_name not in self.file_handlers:
            handler = self.log_handler_factory(self.get_log_file_path(file_name), encoding='utf-8')
            handler.setFormatter(self.file_formatter)
            self.file_handlers[file_name] = handler
        return self.file_handlers[file_name]


def _logging_directory() -> str:
    """$ROS_LOG_DIR, else $ROS_HOME/log, else ~/.ros/log."""
    directory = os.environ.get('ROS_LOG_DIR')
    if not directory:
        directory = os.path.join(os.environ.get('ROS_HOME') or os.path.join('~', '.ros'), 'log')
    return os.path.normpath(os.path.expanduser(directory))


def _make_unique_log_dir(base: str) -> str:
    while True:
        now = datetime.now().strftime('%Y-%m-%d-%H-%M-%S-%f')
        directory = os.path.join(base, f'{now}-{socket.gethostname()}-{os.getpid()}')
        try:
            os.makedirs(directory)
        except FileExistsError:
            continue
        return directory


def _renew_latest_link(log_dir: Path) -> None:
    """Point `latest` beside the log directory at it; a failure is only worth a warning."""
    latest = log_dir.with_name('latest')
    fresh = log_dir.with_name(f'.latest-{os.getpid()}')
    try:
        if latest.exists() and not latest.is_symlink():
            warnings.warn('Cannot create a symlink to latest log directory', stacklevel=2)
            return
        fresh.symlink_to(log_dir, target_is_directory=True)
        fresh.replace(latest)
    except OSError as error:
        warnings.warn(f'Cannot create a symlink to latest log directory: {error}\n', stacklevel=2)


def _formatter(
    fmt: str | None, style: str | None, aliases: dict[str, str], override_variable: str
) -> logging.Formatter | None:
    override = os.environ.get(override_variable)
    if override:
        fmt, style = override.encode('latin1').decode('unicode_escape'), '{'
    if fmt is None:
        return None
    if fmt in aliases:
        if style is not None:
            raise ValueError(f'Cannot set a custom format style for the "{fmt}" format.')
        fmt = aliases[fmt]
    return logging.Formatter(fmt, style=style or '{')  # type: ignore[arg-type]
