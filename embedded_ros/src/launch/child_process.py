"""Child processes that never outlive the launch.

Each child leads a process group of its own: a Ctrl-C in the terminal reaches the
launch only, which then shuts its children down one by one, and whatever a child
leaves behind can be found and ended. On Linux the kernel kills the child when the
launch itself is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import pty
import signal
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

_PR_SET_PDEATHSIG = 1
_POLL_PERIOD = 0.05  # [s]
_OUTPUT_GRACE = 0.5  # [s] for output still in the pipes when the process has ended
_LIBC = ctypes.CDLL(None) if sys.platform == 'linux' else None

OnOutput = Callable[[bytes], None]


class _Protocol(asyncio.SubprocessProtocol):
    """Passes output on and notices the end of the process and of its output."""

    def __init__(
        self, on_start: Callable[[_Protocol], None], on_stdout: OnOutput, on_stderr: OnOutput
    ) -> None:
        self._on_start = on_start
        self._on_output = {1: on_stdout, 2: on_stderr}
        loop = asyncio.get_running_loop()
        self.transport: asyncio.SubprocessTransport
        self.exited: asyncio.Future[None] = loop.create_future()
        self.output_closed: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.SubprocessTransport, transport)
        self._on_start(self)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._on_output[fd](data)

    def process_exited(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.process_exited()
        self.output_closed.set_result(None)


class _TerminalReader(asyncio.Protocol):
    """Passes on what a child writes to its terminal."""

    def __init__(self, on_output: OnOutput) -> None:
        self._on_output = on_output
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._on_output(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_result(None)


class _Terminal(NamedTuple):
    """A pseudo terminal: the child's end, and the reader of our end."""

    child_fd: int
    reader: _TerminalReader
    transport: asyncio.BaseTransport


class ChildProcess:
    """A running child process and the group that it leads."""

    def __init__(
        self, protocol: _Protocol, terminals: Sequence[_Terminal], signal_group: bool
    ) -> None:
        self._transport = protocol.transport
        self._protocol = protocol
        self._terminals = terminals
        self._signal_group = signal_group

    @classmethod
    async def start(
        cls,
        cmd: Sequence[str],
        *,
        on_start: Callable[[ChildProcess], None],
        on_stdout: OnOutput,
        on_stderr: OnOutput,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        shell: bool = False,
        emulate_tty: bool = False,
    ) -> None:
        """Start a process.

        Args:
            cmd: Command line; with `shell` the words are joined and given to a shell.
            on_start: Called with the process, before any of its output.
            on_stdout: Called with each piece that the process writes on stdout.
            on_stderr: The same for stderr.
            cwd: Working directory; the launch's own by default.
            env: Environment variables; the launch's own by default.
            shell: Run the command in a shell.
            emulate_tty: Let stdout and stderr be terminals.

        Raises:
            OSError: The command cannot be executed.
        """
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {'cwd': cwd, 'env': env, 'preexec_fn': _preparation()}
        terminals = [await _open_terminal(f) for f in (on_stdout, on_stderr) if emulate_tty]
        if emulate_tty:
            options |= {'stdout': terminals[0].child_fd, 'stderr': terminals[1].child_fd}

        def started(protocol: _Protocol) -> None:
            on_start(cls(protocol, terminals, signal_group=shell))

        def make_protocol() -> _Protocol:
            return _Protocol(started, on_stdout, on_stderr)

        try:
            if shell:
                await loop.subprocess_shell(make_protocol, ' '.join(cmd), **options)
            else:
                await loop.subprocess_exec(make_protocol, *cmd, **options)
        except BaseException:
            for terminal in terminals:
                terminal.transport.close()
            raise
        finally:
            for terminal in terminals:
                os.close(terminal.child_fd)

    @property
    def pid(self) -> int:
        """Process id, which is also the id of the process group."""
        return self._transport.get_pid()

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal; None while the process runs."""
        return self._transport.get_returncode()

    async def wait(self) -> int:
        """Exit code, once the process has ended and its output was passed on."""
        await self._protocol.exited
        outputs = [terminal.reader.closed for terminal in self._terminals]
        await asyncio.wait([self._protocol.output_closed, *outputs], timeout=_OUTPUT_GRACE)
        for terminal in self._terminals:
            terminal.transport.close()
        return cast(int, self.returncode)

    def write(self, data: bytes) -> None:
        """Write to the process's stdin."""
        cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0)).write(data)

    def send_signal(self, signal_number: signal.Signals) -> None:
        """Signal the process, or its group if it is a shell, has ended, or is to be killed."""
        whole_group = (
            self._signal_group or self.returncode is not None or signal_number == signal.SIGKILL
        )
        with contextlib.suppress(ProcessLookupError):
            if whole_group:
                os.killpg(self.pid, signal_number)
            else:
                os.kill(self.pid, signal_number)

    def is_group_alive(self) -> bool:
        """Whether the process, or another one of its group, still runs."""
        return self.returncode is None or _is_group_alive(self.pid)

    async def wait_for_group(self, timeout: float) -> bool:
        """Wait for the end of the process and all others of its group.

        What outlives the process itself is told to terminate.

        Args:
            timeout: How long to wait at most [s].

        Returns:
            Whether all of them have ended.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        await asyncio.wait([self._protocol.exited], timeout=timeout)
        if self.returncode is not None and self.is_group_alive():
            self.send_signal(signal.SIGTERM)
        while self.is_group_alive() and loop.time() < deadline:
            await asyncio.sleep(_POLL_PERIOD)
        return not self.is_group_alive()

    def close(self) -> None:
        """Close the pipes."""
        self._transport.close()


def join_command(cmd: Sequence[str]) -> str:
    """Command line in one line, as messages show it."""
    return ' '.join(part for part in cmd if part.strip())


def _preparation() -> Callable[[], None]:
    """Function that runs in the child before the command replaces it."""
    parent = os.getpid()

    def prepare() -> None:
        os.setpgid(0, 0)
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
            if os.getppid() != parent:  # it died before the line above
                os._exit(1)

    return prepare


async def _open_terminal(on_output: OnOutput) -> _Terminal:
    our_fd, child_fd = pty.openpty()
    attributes = termios.tcgetattr(child_fd)
    attributes[1] &= ~termios.OPOST  # keep "\n" as it is
    termios.tcsetattr(child_fd, termios.TCSANOW, attributes)
    loop = asyncio.get_running_loop()
    transport, reader = await loop.connect_read_pipe(
        lambda: _TerminalReader(on_output), os.fdopen(our_fd, 'rb', buffering=0)
    )
    return _Terminal(child_fd, reader, transport)


def _is_group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stats = list(Path('/proc').glob('[0-9]*/stat'))
    return not stats or any(_runs_in_group(stat, group) for stat in stats)


def _runs_in_group(stat: Path, group: int) -> bool:
    """Whether a process, given by its /proc file, is of a group and no zombie."""
    try:
        state, _, process_group = stat.read_text().rpartition(')')[2].split()[:3]
    except OSError:
        return False
    return int(process_group) == group and state not in ('Z', 'X')
