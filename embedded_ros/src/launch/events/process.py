"""Events of processes: what they did, and what is to be done to them."""

from __future__ import annotations

from collections.abc import Callable
from signal import Signals
from typing import TYPE_CHECKING, Any

from launch.event import Event

if TYPE_CHECKING:
    from launch.actions import ExecuteProcess


class RunningProcessEvent(Event):
    """Something happened to a process."""

    def __init__(
        self,
        *,
        action: ExecuteProcess,
        name: str,
        cmd: list[str],
        cwd: str | None,
        env: dict[str, str] | None,
        pid: int,
    ) -> None:
        self.action, self.process_name, self.pid = action, name, pid
        self.cmd, self.cwd, self.env = cmd, cwd, env


class ProcessStarted(RunningProcessEvent):
    """A process started."""


class ProcessExited(RunningProcessEvent):
    """A process ended; a negative exit code is the number of the signal that ended it."""

    def __init__(self, *, returncode: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.returncode = returncode


class ProcessIO(RunningProcessEvent):
    """A process wrote something, or is to be written to."""

    def __init__(self, *, text: bytes, fd: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text, self.fd = text, fd
        self.from_stdin, self.from_stdout, self.from_stderr = fd == 0, fd == 1, fd == 2


class ProcessStdin(ProcessIO):
    """Something is to be written to a process."""

    def __init__(self, *, text: bytes, **kwargs: Any) -> None:
        super().__init__(text=text, fd=0, **kwargs)


class ProcessStdout(ProcessIO):
    """A process wrote on stdout."""

    def __init__(self, *, text: bytes, **kwargs: Any) -> None:
        super().__init__(text=text, fd=1, **kwargs)


class ProcessStderr(ProcessIO):
    """A process wrote on stderr."""

    def __init__(self, *, text: bytes, **kwargs: Any) -> None:
        super().__init__(text=text, fd=2, **kwargs)


class ProcessTargetedEvent(Event):
    """Something is to be done to the processes of the actions that a matcher accepts."""

    def __init__(self, *, process_matcher: Callable[[ExecuteProcess], bool]) -> None:
        self.process_matcher = process_matcher


class ShutdownProcess(ProcessTargetedEvent):
    """Processes are to be shut down: SIGINT, later SIGTERM, in the end SIGKILL."""


class SignalProcess(ProcessTargetedEvent):
    """Processes are to be sent a signal, given as such or by its name, such as 'SIGINT'."""

    def __init__(self, *, signal_number: str | Signals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.signal = (
            Signals[signal_number] if isinstance(signal_number, str) else Signals(signal_number)
        )
        self.signal_name = self.signal.name


def matches_pid(pid: int) -> Callable[[ExecuteProcess], bool]:
    """Matcher of the process with an id."""
    return lambda action: action.process_details.get('pid') == pid


def matches_name(name: str) -> Callable[[ExecuteProcess], bool]:
    """Matcher of the process with a unique name."""
    return lambda action: action.process_details.get('name') == name


def matches_executable(executable: str) -> Callable[[ExecuteProcess], bool]:
    """Matcher of the processes whose command ends with a name."""
    return lambda action: action.process_details.get('cmd', [''])[0].endswith(executable)
