"""Child processes that never outlive the launch.

Each child leads a process group of its own: a Ctrl-C in the terminal reaches the
launch only, which then shuts its children down one by one, and whatever a child
leaves behind can be found and ended. On Linux the kernel kills the child when the
launch itself is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import signal
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from embedded_ros.child_end import end_with_this_process

_POLL_PERIOD = 0.05  # [s]
_OUTPUT_GRACE = 0.5  # [s] for output still in the pipes when the process has ended

OnOutput = Callable[[int, bytes], None]  # of the file descriptor (1 or 2) and what was written


class _Terminal(asyncio.Protocol):
    """Passes on what a child writes to its terminal."""

    def __init__(self, fd: int, on_output: OnOutput) -> None:
        self._fd, self._on_output = fd, on_output
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self) -> int:
        """Make the pseudo terminal and return the child's end of it."""
        our_fd, child_fd = pty.openpty()
        attributes = termios.tcgetattr(child_fd)
        attributes[1] &= ~termios.OPOST  # keep "\n" as it is
        termios.tcsetattr(child_fd, termios.TCSANOW, attributes)
        self.transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: self, os.fdopen(our_fd, 'rb', buffering=0)
        )
        return child_fd

    def data_received(self, data: bytes) -> None:
        self._on_output(self._fd, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set_result(None)


class ChildProcess(asyncio.SubprocessProtocol):
    """A child process and the group that it leads."""

    def __init__(self, on_start: Callable[[ChildProcess], None], on_output: OnOutput) -> None:
        """Prepare a process.

        Args:
            on_start: Called with the process once it runs, before any of its output.
            on_output: Called with each piece that it writes.
        """
        self._on_start, self._on_output = on_start, on_output
        self._exited = asyncio.Event()
        self._output_closed = [asyncio.get_running_loop().create_future()]
        self._terminals: list[_Terminal] = []

    async def start(
        self, cmd: Sequence[str], *, shell: bool, emulate_tty: bool, **options: Any
    ) -> None:
        """Start the process.

        Args:
            cmd: Command line; with `shell` the words are joined and given to a shell.
            shell: Run the command in a shell, and signal all of its group.
            emulate_tty: Let stdout and stderr be terminals.
            options: Working directory `cwd` and environment `env`.

        Raises:
            OSError: The command cannot be executed.
        """
        self._is_shell = shell
        self._terminals = [_Terminal(fd, self._on_output) for fd in (1, 2) if emulate_tty]
        self._output_closed += [terminal.closed for terminal in self._terminals]
        fds = [await terminal.open() for terminal in self._terminals]
        if emulate_tty:
            options |= {'stdout': fds[0], 'stderr': fds[1]}
        loop = asyncio.get_running_loop()
        start = loop.subprocess_shell if shell else loop.subprocess_exec
        words = [' '.join(cmd)] if shell else cmd
        try:
            await start(lambda: self, *words, preexec_fn=_preparation(), **options)
        except BaseException:
            self._close_terminals()
            raise
        finally:
            for fd in fds:
                os.close(fd)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process runs."""
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self.pid = self._transport.get_pid()  # which is also the id of the process group
        self._on_start(self)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """The process wrote something."""
        self._on_output(fd, data)

    def process_exited(self) -> None:
        """The process has ended; there may be output left."""
        self._exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has ended and closed its output."""
        self._exited.set()
        self._output_closed[0].set_result(None)

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal; None while the process runs."""
        return self._transport.get_returncode()

    async def wait(self) -> int:
        """Exit code, once the process has ended and its output was passed on."""
        await self._exited.wait()
        await asyncio.wait(self._output_closed, timeout=_OUTPUT_GRACE)
        self._close_terminals()
        return cast(int, self.returncode)

    def write(self, data: bytes) -> None:
        """Write to the process's stdin."""
        cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0)).write(data)

    def send_signal(self, signal_number: signal.Signals) -> None:
        """Signal the process, or its group if it is a shell, has ended, or is to be killed."""
        group = self._is_shell or self._exited.is_set() or signal_number == signal.SIGKILL
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, signal_number)

    def is_group_alive(self) -> bool:
        """Whether the process, or another one of its group, still runs."""
        return not self._exited.is_set() or _is_group_alive(self.pid)

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
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._exited.wait(), timeout)
        if self._exited.is_set() and self.is_group_alive():
            self.send_signal(signal.SIGTERM)
        while self.is_group_alive() and loop.time() < deadline:
            await asyncio.sleep(_POLL_PERIOD)
        return not self.is_group_alive()

    def close(self) -> None:
        """Close the pipes."""
        self._transport.close()

    def _close_terminals(self) -> None:
        for terminal in self._terminals:
            terminal.transport.close()


def _preparation() -> Callable[[], None]:
    """Function that runs in the child before the command replaces it."""
    end_with_parent = end_with_this_process()

    def prepare() -> None:
        os.setpgid(0, 0)
        end_with_parent()

    return prepare


def _is_group_alive(group: int) -> bool:
    """Whether a process of a group runs; one that nobody has waited for (a zombie) does not."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    stats = list(Path('/proc').glob('[0-9]*/stat'))
    return not stats or any(_runs_in_group(stat, group) for stat in stats)


def _runs_in_group(stat: Path, group: int) -> bool:
    try:
        state, _, process_group = stat.read_text().rpartition(')')[2].split()[:3]
    except OSError:  # it has just ended
        return False
    return int(process_group) == group and state not in ('Z', 'X')
