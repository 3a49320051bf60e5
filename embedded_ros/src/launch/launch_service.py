"""The service that runs launch descriptions."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import launch.logging
from launch.actions import ExecuteProcess
from launch.event import Event
from launch.event_handlers import OnIncludeLaunchDescription, OnShutdown
from launch.events import IncludeLaunchDescription, Shutdown
from launch.events.process import SignalProcess
from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.utilities import normalize_to_list_of_entities

CAUGHT = 'Caught exception in launch (see debug for traceback): '
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_IMPATIENCE = (signal.SIGTERM, signal.SIGKILL)  # for the second and any further interrupt


class LaunchService:
    """Visits launch descriptions and handles events until all is done."""

    def __init__(
        self,
        *,
        argv: Iterable[str] | None = None,
        noninteractive: bool = False,
        debug: bool = False,
    ) -> None:
        """Make a service with nothing to do yet.

        Args:
            argv: Command line arguments, for entities that want to see them.
            noninteractive: Whether there is no terminal.
            debug: Log everything, and let asyncio check itself.
        """
        launch.logging.launch_config.level = logging.DEBUG if debug else logging.INFO
        self._debug = debug
        self._logger = launch.logging.get_logger('launch')
        self.context = LaunchContext(argv=argv, noninteractive=noninteractive)
        self.context.register_event_handler(OnIncludeLaunchDescription())
        self.context.register_event_handler(OnShutdown(on_shutdown=self._on_shutdown))
        self._loop_lock = threading.Lock()  # keeps the loop open while another thread uses it

    @property
    def event_loop(self) -> asyncio.AbstractEventLoop | None:
        """Event loop that runs the launch; None while it does not run."""
        return self.context.asyncio_loop

    def emit_event(self, event: Event) -> None:
        """Queue an event, from any thread, whether the launch runs or not."""
        self._call(self.context.emit_event_sync, event)

    def include_launch_description(self, launch_description: LaunchDescription) -> None:
        """Have a launch description visited, from any thread."""
        self.emit_event(IncludeLaunchDescription(launch_description))

    def run(self, *, shutdown_when_idle: bool = True) -> int:
        """Run until all is done.

        Args:
            shutdown_when_idle: End when there is nothing left to do, not only on shutdown.

        Returns:
            0, or 1 if an exception was raised while launching.
        """
        return asyncio.run(self.run_async(shutdown_when_idle=shutdown_when_idle), debug=self._debug)

    async def run_async(self, *, shutdown_when_idle: bool = True) -> int:
        """The same as `run`, inside an event loop of the main thread.

        Raises:
            RuntimeError: It is called from another thread, or runs already.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError('LaunchService can only be run in the main thread.')
        return_code = 0
        with self._attached_to_loop():
            launch.logging.log_launch_config(logger=self._logger)
            while True:
                try:
                    await self._run_until_idle()
                    if self.context.is_shutdown:
                        return return_code
                    if shutdown_when_idle:
                        self._shutdown('idle')
                    else:
                        await self._wait_for([])
                except asyncio.CancelledError:
                    self._logger.error('run task was canceled')
                    self._shutdown('run task was canceled')
                    return_code = 1
                except Exception as error:
                    message = f'{CAUGHT}{error}'
                    self._logger.debug(traceback.format_exc())
                    self._logger.error(message)
                    self._shutdown(message)
                    return_code = 1

    def shutdown(self, force_sync: bool = False) -> asyncio.Future[None] | None:
        """End the launch, from any thread.

        Args:
            force_sync: Return None in any case.

        Returns:
            None, or in the launch's own thread something to await, which is done already.
        """
        loop = self.event_loop
        if loop is None:
            return None
        self._call(self._shutdown, 'LaunchService.shutdown() called')
        if force_sync or not self._is_in_loop():
            return None
        emitted = loop.create_future()
        emitted.set_result(None)
        return emitted

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        """Call a function in the launch's own thread, at once where that is possible."""
        with self._loop_lock:
            if self.event_loop is None or self._is_in_loop():
                function(*args)
            else:
                self.event_loop.call_soon_threadsafe(function, *args)

    async def _run_until_idle(self) -> None:
        """Handle events until there are neither events nor unfinished work."""
        while True:
            while self.context._events:
                self._process_event(self.context._events.popleft())
                await asyncio.sleep(0)
            futures = self._unfinished_futures()
            if not futures and not self.context._events:
                return
            if not self.context._events:
                await self._wait_for(futures)

    async def _wait_for(self, futures: list[asyncio.Future[Any]]) -> None:
        """Wait until one of the futures is done or an event is emitted."""
        waiter = asyncio.get_running_loop().create_future()
        self.context._event_waiter = waiter
        try:
            await asyncio.wait([waiter, *futures], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.context._event_waiter = None

    def _unfinished_futures(self) -> list[asyncio.Future[Any]]:
        """Futures of work that goes on; raises what finished work has raised."""
        work = self.context._completion_futures
        done = [future for future in work if future.done() and not future.cancelled()]
        self.context._completion_futures = [future for future in work if not future.done()]
        first, *others = [future.exception() for future in done if future.exception()] or [None]
        for error in others:
            self._logger.error(str(error))
        if first is not None:
            raise first
        return self.context._completion_futures

    def _process_event(self, event: Event) -> None:
        self._logger.debug("processing event: '%s'", event.name)
        for handler in tuple(self.context._event_handlers):
            if handler.matches(event):
                self.context._push_locals()
                try:
                    entities = handler.handle(event, self.context)
                    for entity in normalize_to_list_of_entities(entities):
                        self._visit(entity)
                finally:
                    self.context._pop_locals()

    def _visit(self, entity: LaunchDescriptionEntity) -> None:
        """Visit an entity and everything it yields, depth first."""
        sub_entities = entity.visit(self.context)
        future = entity.get_asyncio_future()
        if future is not None:
            self.context.add_completion_future(future)
        for sub_entity in sub_entities or ():
            self._visit(sub_entity)

    def _on_shutdown(self, event: Shutdown, context: LaunchContext) -> None:
        context.is_shutdown = True

    def _shutdown(self, reason: str, due_to_sigint: bool = False) -> None:
        if not self.context.is_shutdown:
            event = Shutdown(reason=reason, due_to_sigint=due_to_sigint)
            self.context.emit_event_sync(event)
        self.context.is_shutdown = True

    def _on_signal(self, signal_number: signal.Signals) -> None:
        """Shut down; the second time hurry, then kill."""
        by_user = signal_number == signal.SIGINT
        what = 'ctrl-c (SIGINT)' if by_user else signal_number.name
        self._interrupts += 1
        if self._interrupts == 1:
            self._logger.warning(f'user interrupted with {what}')
            self._shutdown(what, due_to_sigint=by_user)
            return
        harder = _IMPATIENCE[min(self._interrupts - 2, len(_IMPATIENCE) - 1)]
        self._logger.warning(f'user interrupted with {what} again, sending {harder.name}')
        self.emit_event(SignalProcess(signal_number=harder, process_matcher=_is_started))

    def _is_in_loop(self) -> bool:
        """Whether the caller runs in the launch's event loop."""
        try:
            return asyncio.get_running_loop() is self.event_loop
        except RuntimeError:
            return False

    @contextlib.contextmanager
    def _attached_to_loop(self) -> Iterator[None]:
        """Let context and signals use the running event loop."""
        if self.event_loop is not None:
            raise RuntimeError('LaunchService cannot be run multiple times concurrently.')
        self.context.asyncio_loop = loop = asyncio.get_running_loop()
        self.context.is_shutdown = False
        self._interrupts = 0
        previous = {number: signal.getsignal(number) for number in _SIGNALS}
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal, number)
        try:
            yield
        finally:
            for number, handler in previous.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)
            with self._loop_lock:
                self.context.asyncio_loop = None


def _is_started(action: ExecuteProcess) -> bool:
    return 'pid' in action.process_details
