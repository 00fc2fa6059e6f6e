"""The task that delivers the events of one connection to the handlers of an ``AsyncClient``."""

import asyncio
import inspect
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from . import _core, _inbox
from .flows import arun

#: Handlers of messages that run at a time. When there are as many, the client stops reading.
MAX_HANDLERS = 256

#: Messages that are taken until others have their turn.
_BATCH = 64

#: The event loop keeps no reference to tasks.
task_reference_holder: set[asyncio.Task[Any]] = set()


def keep(task: 'asyncio.Task[Any]') -> 'asyncio.Task[Any]':
    """Keeps a task until it is done."""
    task_reference_holder.add(task)
    task.add_done_callback(task_reference_holder.discard)
    return task


def is_cancelled() -> bool:
    """Whether it is the running task that was cancelled, and not something that it waits for: 3.10 cannot tell."""
    cancelling = getattr(asyncio.current_task(), 'cancelling', None)
    return cancelling is None or cancelling() > 0


class Delivery:
    """Delivers the events of a connection, in the event loop that it was made in.

    :param client: the client.
    :param session: a native client, or a session of the core.
    """

    def __init__(self, client: Any, session: Any) -> None:
        self._client = client
        self._session = session
        self._loop = asyncio.get_running_loop()
        #: Wakes the task.
        self._news = asyncio.Event()
        #: Events that are no messages.
        self._events: deque[tuple[str, Any]] = deque()
        #: Who waits for the native session, by the number of the wait; who waits for a portable one to change.
        self._watches: dict[int, asyncio.Future[bool]] = {}
        self._moves: list[asyncio.Future[None]] = []
        self._running = False
        #: Handlers of messages that run, or are about to.
        self._handlers = 0
        self._will_take = False
        self._will_pump = False

    # The native session, which another thread carries.

    async def open(self, url: str) -> Any:
        """Connects a native session. Returns ``None``, or what went wrong."""
        session = self._session
        self._listen()
        try:
            session.start(url)
            while (outcome := session.opened()) is None:
                await self._news.wait()
                self._news.clear()
        except BaseException:
            self.stop_listening()
            session.forsake()
            raise
        if outcome is True:
            return None
        self.stop_listening()
        return outcome

    def _listen(self) -> None:
        """Has the event loop told of what the session signals."""
        try:
            self._loop.add_reader(self._session.fileno(), self._signalled)
        except (NotImplementedError, OSError):
            # The loop watches sockets of its own only, as that of Windows does.
            threading.Thread(target=self._wait_for_news, daemon=True).start()

    def stop_listening(self) -> None:
        """The session tells nothing more."""
        self._session.stop()
        try:
            self._loop.remove_reader(self._session.fileno())
        except (NotImplementedError, OSError, RuntimeError):
            # Never listened, or the loop is gone.
            pass

    def _signalled(self) -> None:
        self._session.clear_signal()
        self._ready()

    def _wait_for_news(self) -> None:
        taken = threading.Event()

        def take() -> None:
            self._ready()
            taken.set()

        while self._session.wait_news():
            try:
                self._loop.call_soon_threadsafe(take)
            except RuntimeError:
                return
            taken.wait()
            taken.clear()

    def _ready(self) -> None:
        for number, well in self._session.take_watched():
            self._end_watch(number, well)
        self._take()
        self._news.set()

    # Waits of the application.

    def watch(self, number: int) -> Awaitable[bool]:
        """Waits for the end of a wait of the native session, which has a number. Returns whether it ended well."""
        watch = self._watches[number] = self._loop.create_future()
        return self._watch(number, watch)

    async def _watch(self, number: int, watch: asyncio.Future[bool]) -> bool:
        try:
            return await watch
        finally:
            if self._watches.pop(number, None) is not None:
                self._session.unwatch(number)

    def _end_watch(self, number: int, well: bool) -> None:
        watch = self._watches.pop(number, None)
        if watch is not None and not watch.done():
            watch.set_result(well)

    async def moved(self) -> None:
        """Waits until a portable session may have changed."""
        moved = self._loop.create_future()
        self._moves.append(moved)
        try:
            await moved
        finally:
            if moved in self._moves:
                self._moves.remove(moved)

    def announce(self, session: Any) -> None:
        """A portable session may have changed."""
        if session is not self._session:
            return
        moves, self._moves = self._moves, []
        for moved in moves:
            if not moved.done():
                moved.set_result(None)
        self.take_soon()

    # The delivery.

    def start(self) -> 'asyncio.Task[None]':
        """Starts to deliver. Returns the task that ends with the connection."""
        self._running = True
        self._client._inbox.open(self.take_soon)
        task: asyncio.Task[None] = self._client.start_background_task(self._deliver)
        self._take()
        return task

    @property
    def _is_current(self) -> bool:
        return self._running and self._session is self._client._session

    def _take(self) -> None:
        """Starts the handlers of the messages that are there; other events are for the task."""
        self._will_take = False
        if not self._is_current:
            return
        room = self._room()
        events = self._session.take_events(room)
        for name, data in events:
            if name != 'message':
                self._events.append((name, data))
                self._news.set()
            elif self._client.state == 'connected':
                self._message(data)
            else:
                self._handled()
        if len(events) == room > 0:
            # There may be more; others have their turn first.
            self.take_soon()

    def _room(self) -> int:
        if self._client.state != 'connected':
            # They are dropped.
            return _BATCH
        if 'message' in self._client.handlers:
            return min(_BATCH, MAX_HANDLERS - self._handlers)
        room: int = self._client._inbox.room()
        return min(_BATCH, room)

    def take_soon(self) -> None:
        """There may be messages, or room for them."""
        if not self._will_take and not self._loop.is_closed():
            self._will_take = True
            self._loop.call_soon(self._take)

    def _message(self, data: Any) -> None:
        client = self._client
        if client.logger.isEnabledFor(logging.INFO):
            client._log_received(data)
        handler = client.handlers.get('message')
        if handler is None:
            client._inbox.put(data)
            self._handled()
            return
        self._handlers += 1
        if inspect.iscoroutinefunction(handler):
            keep(self._loop.create_task(self._call_async(handler, data)))
        else:
            self._loop.call_soon(self._call, handler, data)

    def _call(self, handler: Callable[[Any], Any], data: Any) -> None:
        try:
            handler(data)
        except Exception:
            self._client.logger.exception('message handler error')
        finally:
            self._done()

    async def _call_async(self, handler: Callable[[Any], Any], data: Any) -> None:
        try:
            await handler(data)
        except Exception:
            self._client.logger.exception('message async handler error')
        finally:
            self._done()

    def _done(self) -> None:
        """A handler is done: there may be room for another message."""
        self._handlers -= 1
        self._handled()
        if self._handlers == MAX_HANDLERS - 1:
            self.take_soon()

    def _handled(self) -> None:
        if isinstance(self._session, _core.ClientSession):
            self._session.handled(1)
            if not self._will_pump:
                # It may want to read again.
                self._will_pump = True
                self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        self._will_pump = False
        self._client._pump(self._session)

    async def _deliver(self) -> None:
        """Handles the events that are no messages, until the connection's end."""
        session, goes_on = self._session, True
        try:
            while goes_on and session is self._client._session:
                while goes_on and self._events:
                    goes_on = await arun(self._client._handle(session, *self._events.popleft()))
                if goes_on:
                    await self._news.wait()
                    self._news.clear()
        finally:
            self._end()

    def _end(self) -> None:
        """The connection is over, or nobody delivers any more: then it ends."""
        self._running = False
        if isinstance(self._session, _core.NativeClient):
            self.stop_listening()
        for number in tuple(self._watches):
            self._end_watch(number, False)
        self._client._end_delivery(self._session)
