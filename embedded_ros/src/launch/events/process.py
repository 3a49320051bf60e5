"""Events of processes: what they did, and what is to be done to them."""

from __future__ import annotations

import signal as signal_module
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from launch.event import Event
from launch.utilities import ensure_argument_type

if TYPE_CHECKING:
    from launch.actions import ExecuteLocal

__all__ = [
    'ProcessExited',
    'ProcessIO',
    'ProcessStarted',
    'ProcessStderr',
    'ProcessStdin',
    'ProcessStdout',
    'ProcessTargetedEvent',
    'RunningProcessEvent',
    'ShutdownProcess',
    'SignalProcess',
    'matches_executable',
    'matches_name',
    'matches_pid',
]


class RunningProcessEvent(Event):
    """Something happened to a process."""

    name = 'launch.events.process.RunningProcessEvent'

    def __init__(
        self,
        *,
        action: ExecuteLocal,
        name: str,
        cmd: list[str],
        cwd: str | None,
        env: dict[str, str] | None,
        pid: int,
    ) -> None:
        self._action = action
        self._name = name
        self._cmd = cmd
        self._cwd = cwd
        self._env = env
        self._pid = pid

    @property
    def action(self) -> ExecuteLocal:
        """Action that started the process."""
        return self._action

    @property
    def process_name(self) -> str:
        """Unique name of the process."""
        return self._name

    @property
    def cmd(self) -> list[str]:
        """Command line."""
        return self._cmd

    @property
    def cwd(self) -> str | None:
        """Working directory."""
        return self._cwd

    @property
    def env(self) -> dict[str, str] | None:
        """Environment variables."""
        return self._env

    @property
    def pid(self) -> int:
        """Process id."""
        return self._pid


class ProcessStarted(RunningProcessEvent):
    """A process started."""

    name = 'launch.events.process.ProcessStarted'


class ProcessExited(RunningProcessEvent):
    """A process ended."""

    name = 'launch.events.process.ProcessExited'

    def __init__(self, *, returncode: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._returncode = returncode

    @property
    def returncode(self) -> int:
        """Exit code; negative is the number of the signal that ended it."""
        return self._returncode


class ProcessIO(RunningProcessEvent):
    """A process wrote something, or is to be written to."""

    name = 'launch.events.process.ProcessIO'

    def __init__(self, *, text: bytes, fd: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._text = text
        self._fd = fd

    @property
    def text(self) -> bytes:
        """What was written."""
        return self._text

    @property
    def from_stdin(self) -> bool:
        """Whether it is for the process's stdin."""
        return self._fd == 0

    @property
    def from_stdout(self) -> bool:
        """Whether it came from stdout."""
        return self._fd == 1

    @property
    def from_stderr(self) -> bool:
        """Whether it came from stderr."""
        return self._fd == 2


class ProcessStdin(ProcessIO):
    """Something is to be written to a process."""

    name = 'launch.events.process.ProcessStdin'

    def __init__(self, *, text: bytes, **kwargs: Any) -> None:
        super().__init__(text=text, fd=0, **kwargs)


class ProcessStdout(ProcessIO):
    """A process wrote on stdout."""

    name = 'launch.events.process.ProcessStdout'

    def __init__(self, *, text: bytes, **kwargs: Any) -> None:
        super().__init__(text=text, fd=1, **kwargs)


class ProcessStderr(ProcessIO):
    """A process wrote on stderr."""

    name = 'launch.events.process.ProcessStderr'

    def __init__(self, *, text: bytes, **kwargs: Any) -> None:
        super().__init__(text=text, fd=2, **kwargs)


class ProcessTargetedEvent(Event):
    """Something is to be done to the processes that a matcher accepts."""

    name = 'launch.events.process.ProcessTargetedEvent'

    def __init__(self, *, process_matcher: Callable[[ExecuteLocal], bool]) -> None:
        self._process_matcher = process_matcher

    @property
    def process_matcher(self) -> Callable[[ExecuteLocal], bool]:
        """Tells of an action whether its process is meant."""
        return self._process_matcher


class ShutdownProcess(ProcessTargetedEvent):
    """Processes are to be shut down: SIGINT, later SIGTERM, in the end SIGKILL."""

    name = 'launch.events.process.ShutdownProcess'


class SignalProcess(ProcessTargetedEvent):
    """Processes are to be sent a signal."""

    name = 'launch.events.process.SignalProcess'

    def __init__(
        self,
        *,
        signal_number: str | signal_module.Signals,
        process_matcher: Callable[[ExecuteLocal], bool],
    ) -> None:
        """Store the signal.

        Args:
            signal_number: The signal or its name, such as 'SIGINT'.
            process_matcher: Tells of an action whether its process is meant.
        """
        super().__init__(process_matcher=process_matcher)
        ensure_argument_type(
            signal_number, (str, signal_module.Signals), 'signal_number', 'SignalProcess'
        )
        self._signal = (
            signal_module.Signals[signal_number]
            if isinstance(signal_number, str)
            else signal_number
        )

    @property
    def signal(self) -> signal_module.Signals:
        """The signal."""
        return self._signal

    @property
    def signal_name(self) -> str:
        """Name of the signal."""
        return self._signal.name


def matches_pid(pid: int) -> Callable[[ExecuteLocal], bool]:
    """Matcher of the process with an id."""
    return lambda action: _detail(action, 'pid') == pid


def matches_name(name: str) -> Callable[[ExecuteLocal], bool]:
    """Matcher of the process with a unique name."""
    return lambda action: _detail(action, 'name') == name


def matches_executable(executable: str) -> Callable[[ExecuteLocal], bool]:
    """Matcher of the processes whose command ends with a name."""
    return lambda action: (_detail(action, 'cmd') or [''])[0].endswith(executable)


def _detail(action: ExecuteLocal, key: str) -> Any:
    return (action.process_details or {}).get(key)
