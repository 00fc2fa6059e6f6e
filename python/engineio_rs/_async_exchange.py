"""The short way of messages between a WebSocket and the handlers, for asyncio."""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any

from ._exchange import BaseExchange
from ._turns import Turn
from .flows import arun

#: The event loop keeps no reference to tasks.
_tasks: set[asyncio.Task[Any]] = set()


class AsyncExchange(BaseExchange):
    """Moves messages between a session and its WebSocket, for asyncio.

    One task, the reader, receives a message, runs the handler, sends what has been queued meanwhile, and receives the
    next one, so that a message which is handled without waiting costs no other task. Where the reader has to wait, for
    a handler that others may overtake or for a client that does not read, it stays with that and lets another task
    read on. What is queued by others is sent by a task that lives as long as there is something to send.
    """

    def __init__(self, socket: Any, websocket: Any, link: int) -> None:
        super().__init__(socket, websocket, link)
        self._loop = asyncio.get_running_loop()
        #: Done when nothing more is to be read.
        self._over: asyncio.Future[None] = self._loop.create_future()
        #: The task that reads, and its number: those with an earlier one have let another task take over.
        self._reader: asyncio.Task[None]
        self._turn = 0
        #: Somebody writes, and looks for more before ending.
        self._writing = False
        #: Who waits for that to end.
        self._written: asyncio.Future[None] | None = None
        #: Somebody is about to look for what can be written.
        self._woken = False

    async def run(self) -> None:
        """Goes on until the WebSocket or the session is over."""
        self._start_reader()
        try:
            await self._over
        except asyncio.CancelledError:
            # Some web servers say so that the connection was closed, which whoever receives understands.
            reader = self._reader
            reader.cancel()
            await asyncio.wait([reader])
            if reader.cancelled():
                raise

    def wake(self) -> None:
        """Something may have been queued: it leaves soon. Can be called from any thread."""
        if asyncio._get_running_loop() is not self._loop:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._start_writer)
        elif not (self._woken or self._writing):
            self._woken = True
            self._loop.call_soon(self._start_writer)

    async def finish(self) -> None:
        """Sends what is left, once nothing more is read, and closes the WebSocket."""
        while self._writing:
            self._written = self._loop.create_future()
            await self._written
        if (frames := self._take()) is not None:
            await self._write(frames)

    # Reading.

    def _start_reader(self) -> None:
        self._turn += 1
        # Not by the loop's task factory: an eager one would have readers begin within each other.
        self._reader = _kept(asyncio.Task(self._read(self._turn), loop=self._loop))

    async def _read(self, turn: int) -> None:
        feed, server, receive = self._feed, self._server, self._websocket._receive
        pace = Turn()
        try:
            await self._socket._wait_to_read()
            while turn == self._turn:
                frames = self._take()
                if frames is not None:
                    await _watched(self._write(frames), self._hand_over)
                    if turn != self._turn:
                        break
                received = await receive()
                pace.work()
                in_order = not server.async_handlers
                fed = feed(received, in_order)
                if type(fed) is not tuple:
                    await self._attend(fed)
                elif in_order:
                    await self._handle(fed[0])
                else:
                    data, weight = fed
                    await self._handle_apart(data, weight, turn)
                # Neither what has arrived already nor a handler that does not wait lets anybody else run.
                if pace.is_over():
                    await asyncio.sleep(0)
        except Exception as error:
            self._lost(error)
        finally:
            if turn == self._turn and not self._over.done():
                self._over.set_result(None)

    def _hand_over(self) -> None:
        """Lets another task read, as the one that does has to wait."""
        self._woken = False
        self._start_reader()

    async def _attend(self, fed: str) -> None:
        """Does what follows from anything but a message that is to be handled."""
        socket = self._socket
        if fed == 'pong':
            socket.schedule_ping()
        socket._notify()
        await socket._deliver_now()
        # Somebody else may be delivering, and behind with it.
        await socket._wait_to_read()

    # Handlers. While one does not wait, nobody need be woken for what it queues: the reader looks at that next.

    async def _handle(self, data: Any) -> None:
        """Handles a message before anything that follows it."""
        self._woken = True
        try:
            if 'message' in self._server.handlers:
                work = self._server._call_handler('message', self._socket.sid, data)
                await _watched(work, self._start_writer)
        except BaseException:
            self._session.end_delivery()
            raise
        finally:
            self._woken = False
        if self._session.settle():
            await self._socket._deliver_rest()

    async def _handle_apart(self, data: Any, weight: int, turn: int) -> None:
        """Handles a message, in a context of its own as a task has it, and others meanwhile if that takes long."""
        self._woken = True
        try:
            if 'message' in self._server.handlers:
                work = self._server._call_handler('message', self._socket.sid, data)
                await _watched(work, self._hand_over, contextvars.copy_context())
        except asyncio.CancelledError:
            # What was cancelled is something that the handler waited for, unless this task has become its own.
            if turn != self._turn:
                raise
        finally:
            self._socket._handled(weight)
            if turn == self._turn:
                self._woken = False

    # Writing.

    def _start_writer(self) -> None:
        self._woken = False
        if (frames := self._take()) is not None:
            _kept(self._loop.create_task(self._write(frames)))

    def _take(self) -> list[str | bytes] | None:
        """What can leave, if nobody writes. Whoever gets something has to write it."""
        if self._writing or self._closed:
            return None
        frames = self._next_frames()
        self._writing = frames is not None
        return frames

    async def _write(self, frames: list[str | bytes] | None) -> None:
        """Sends these and what is queued meanwhile, and closes the WebSocket behind the last."""
        send, next_frames = self._websocket._send, self._next_frames
        try:
            while frames:
                for frame in frames:
                    await send(frame)
                frames = next_frames()
            if frames is not None:
                await self._close()
        except Exception as error:
            self._log_failure(error)
            await self._close()
        finally:
            self._writing = False
            if self._written is not None and not self._written.done():
                self._written.set_result(None)

    async def _close(self) -> None:
        self._closed = True
        try:
            if self._session.is_draining:
                await arun(self._socket._read_on(self._websocket))
            await self._websocket.close(self._session.close_code)
        except Exception as error:
            self._log_failed_close(error)


def _kept(task: asyncio.Task[None]) -> asyncio.Task[None]:
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


@coroutine
def _watched(
    work: Coroutine[Any, Any, Any], waits: Callable[[], None], context: contextvars.Context | None = None
) -> Generator[Any, Any, None]:
    """Awaits work, in a context if one is given, and calls ``waits`` the first time that it does not go on at once."""
    step: Callable[[Any], Any] = work.send
    argument: Any = None
    watching = True
    while True:
        try:
            future = step(argument) if context is None else context.run(step, argument)
        except StopIteration:
            return
        if watching:
            watching = False
            waits()
        try:
            argument = yield future
            step = work.send
        except BaseException as error:
            step, argument = work.throw, error
