"""The client for asyncio."""

import asyncio
import inspect
import logging
import signal
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Any

from . import _core, _inbox, _logger, _options, _redirects, _websocket_options, base_client, packet
from .flows import arun

try:
    import aiohttp
except ImportError:
    aiohttp = None  # type: ignore[assignment]

async_signal_handler_set = False

#: The event loop keeps no reference to tasks.
task_reference_holder: set[asyncio.Task[Any]] = set()


def async_signal_handler() -> None:
    """Handles SIGINT: disconnects all clients for asyncio, and goes on as it would have gone on without them."""

    async def disconnect_all() -> None:
        global async_signal_handler_set
        for client in base_client.connected_clients[:]:
            if client.is_asyncio_based():
                await client.disconnect()
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        async_signal_handler_set = False
        signal.signal(signal.SIGINT, _previous_handler or signal.default_int_handler)
        signal.raise_signal(signal.SIGINT)

    _keep(asyncio.ensure_future(disconnect_all()))


_previous_handler: Any = None


def _keep(task: 'asyncio.Task[Any]') -> 'asyncio.Task[Any]':
    task_reference_holder.add(task)
    task.add_done_callback(task_reference_holder.discard)
    return task


class AsyncClient(base_client.BaseClient):
    """An Engine.IO client for asyncio.

    The options are those of ``Client``, except for:

    :param http_session: an ``aiohttp.ClientSession``, or a function or coroutine function that makes one: all requests
                         and the WebSocket go through it. It needs the package ``aiohttp`` (``engineio-rs[http]``). By
                         default the connection is native.
    :param websocket_extra_options: arguments for ``aiohttp.ClientSession.ws_connect()``. Headers, timeout, ``ssl``
                                    that is no context, proxy and protocols are translated for the native connection;
                                    with any other one the connection is made with ``aiohttp``.

    Of the environment, proxies, ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` count; ``REQUESTS_CA_BUNDLE``,
    ``CURL_CA_BUNDLE`` and ``.netrc`` do not.

    Handlers are functions or coroutine functions. Each message has a task of its own, which begin in order. For
    example::

        async with AsyncClient() as eio:
            await eio.connect('http://localhost:5000')
            await eio.send('hello')
            async for message in eio:
                print(message)
    """

    def is_asyncio_based(self) -> bool:
        """Whether the methods are coroutines."""
        return True

    async def connect(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        transports: str | list[str] | None = None,
        engineio_path: str = 'engine.io',
    ) -> bool | None:
        """Connects to a server, and waits until an upgrade that it offers has succeeded or failed.

        The parameters and exceptions are those of ``Client.connect``. For example::

            eio = AsyncClient()
            await eio.connect('http://localhost:5000')
        """
        self._handle_sigint()
        return await arun(self._connect(url, headers, transports, engineio_path))

    async def wait(self) -> None:
        """Waits until the connection has ended. With ``reconnect``, until the client has given up."""
        if self.read_loop_task:
            await self.read_loop_task

    async def send(self, data: Any) -> None:
        """Sends a message, as ``Client.send`` does."""
        await self._send_packet(packet.Packet(packet.MESSAGE, data=data))

    async def send_packet(self, pkt: packet.Packet) -> None:
        """Sends a packet: a message, or a close. Raises ``ValueError`` for any other."""
        await self._send_packet(pkt)

    async def flush(self, timeout: float | None = None) -> bool:
        """Waits until everything sent so far was taken over, as ``Client.flush`` does."""
        return await arun(self._flush(timeout))

    async def receive(self, timeout: float | None = None) -> Any:
        """Waits for the next message, and returns it. For clients without a message handler.

        Raises ``TimeoutError`` after ``timeout`` seconds, ``EOFError`` when the connection has ended and nothing is
        left.
        """
        return await self._inbox.get(timeout)

    async def __aiter__(self) -> AsyncIterator[Any]:
        """The messages, until the connection ends. For clients without a message handler."""
        while True:
            try:
                message = await self.receive()
            except EOFError:
                return
            yield message

    async def __aenter__(self) -> 'AsyncClient':
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.disconnect()

    async def disconnect(self, abort: bool = False, reason: str | None = None) -> None:
        """Disconnects, as ``Client.disconnect`` does."""
        await arun(self._disconnect(abort, reason))

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> 'asyncio.Task[Any]':
        """Starts a task of the running event loop and returns it."""
        task: asyncio.Task[Any] = asyncio.ensure_future(target(*args, **kwargs))
        return task

    async def sleep(self, seconds: float = 0) -> None:
        """Waits, and lets others run meanwhile."""
        await asyncio.sleep(seconds)

    def create_queue(self, *args: Any, **kwargs: Any) -> 'asyncio.Queue[Any]':
        """Returns an ``asyncio.Queue``."""
        return asyncio.Queue(*args, **kwargs)

    def get_queue_empty_exception(self) -> type[asyncio.QueueEmpty]:
        """Returns ``asyncio.QueueEmpty``."""
        return asyncio.QueueEmpty

    def create_event(self) -> asyncio.Event:
        """Returns an ``asyncio.Event``."""
        return asyncio.Event()

    # Below, what the flows of the base class call.

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._inbox = _inbox.AsyncInbox(self.logger)
        #: Who waits for the native session, by the number of the wait, or for a portable one to change.
        self._watches: dict[int, asyncio.Future[bool]] = {}
        self._moves: list[asyncio.Future[None]] = []
        #: Wakes the task that delivers.
        self._news: asyncio.Event | None = None
        #: Events that are no messages.
        self._events: deque[tuple[str, Any]] = deque()
        #: The session whose events are delivered.
        self._started: Any = None
        #: The TLS set-up of requests, made once for each connection: it takes long, and aiohttp keeps connections by it.
        self._tls: Any = None

    def _forsake(self) -> None:
        super()._forsake()
        self._inbox = _inbox.AsyncInbox(self.logger)
        self._news = self._started = None
        self._watches.clear()
        self._moves.clear()

    def _handle_sigint(self) -> None:
        global async_signal_handler_set, _previous_handler
        if not self.handle_sigint or async_signal_handler_set:
            return
        if threading.current_thread() is not threading.main_thread():
            return
        previous = signal.getsignal(signal.SIGINT)
        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, async_signal_handler)
        except NotImplementedError:
            self.logger.warning('Signal handler is unsupported')
        else:
            _previous_handler = previous
        async_signal_handler_set = True

    async def _connect_polling(self, url: str, headers: dict[str, str], engineio_path: str) -> bool | None:
        return await arun(self._connect_by('polling', url, headers, engineio_path))

    async def _connect_websocket(self, url: str, headers: dict[str, str], engineio_path: str) -> bool | None:
        return await arun(self._connect_by('websocket', url, headers, engineio_path))

    def _new_session(self, transport: str) -> Any:
        self._tls = _websocket_options.ssl_context(self)
        return super()._new_session(transport)

    def _is_equipped(self, transport: str) -> bool:
        if aiohttp is None:
            self.logger.error('aiohttp not installed -- cannot make HTTP requests!')
            return False
        return True

    def _extra_headers(self) -> Any:
        return self.websocket_extra_options.get('headers')

    async def _wait_native(self, session: Any, url: str) -> Any:
        self._news = asyncio.Event()
        self._listen(session)
        try:
            session.start(url)
            while (outcome := session.opened()) is None:
                await self._news.wait()
                self._news.clear()
        except BaseException:
            self._stop_listening(session)
            session.abort()
            raise
        if outcome is True:
            return None
        self._stop_listening(session)
        return outcome

    def _listen(self, session: Any) -> None:
        """Has the event loop told of what a native session signals."""
        loop = asyncio.get_running_loop()
        try:
            loop.add_reader(session.fileno(), self._signalled, session)
        except (NotImplementedError, OSError):
            # The loop watches sockets of its own only, as that of Windows does.
            threading.Thread(target=self._wait_for_news, args=(loop, session), daemon=True).start()

    def _stop_listening(self, session: Any) -> None:
        session.stop()
        try:
            asyncio.get_running_loop().remove_reader(session.fileno())
        except (NotImplementedError, OSError, RuntimeError):
            # Never listened, or the loop is gone.
            pass

    def _signalled(self, session: Any) -> None:
        session.clear_signal()
        self._ready(session)

    def _wait_for_news(self, loop: asyncio.AbstractEventLoop, session: Any) -> None:
        taken = threading.Event()

        def take() -> None:
            self._ready(session)
            taken.set()

        while session.wait_news():
            try:
                loop.call_soon_threadsafe(take)
            except RuntimeError:
                return
            taken.wait()
            taken.clear()

    def _ready(self, session: Any) -> None:
        """The native session has news."""
        for number, well in session.take_watched():
            self._end_watch(number, well)
        self._take(session)
        if self._news is not None:
            self._news.set()

    async def _start(self, session: Any, transport: str) -> None:
        portable = isinstance(session, _core.ClientSession)
        self._events.clear()
        self._inbox.open(lambda: self._take(session))
        self._started = session
        if portable or self._news is None:
            self._news = asyncio.Event()
        self.read_loop_task = self.start_background_task(self._deliver, session, self._news)
        self._take(session)
        if portable:
            self.write_loop_task = self.start_background_task(self._write_loop)
            loop = self._read_loop_polling if transport == 'polling' else self._read_loop_websocket
            _keep(self.start_background_task(loop))
            self._pump(session)

    def _announce(self) -> None:
        for moved in self._moves:
            if not moved.done():
                moved.set_result(None)
        self._moves.clear()
        self._take(self._session)

    async def _wait_room(self, session: Any) -> None:
        if isinstance(session, _core.NativeClient):
            await self._watch(session.watch_room())
            return
        while not session.has_room and not session.finished:
            await self._wait_moved()

    async def _wait_flushed(self, session: Any, timeout: float | None) -> bool:
        if session.finished:
            # Nobody listens to the session any more.
            accepted, confirmed = session.progress()
            return bool(confirmed >= accepted)
        if isinstance(session, _core.NativeClient):
            waited: Any = self._watch(session.watch_flushed())
        else:
            waited = self._wait_confirmed(session)
        try:
            flushed: bool = await asyncio.wait_for(waited, timeout)
        except asyncio.TimeoutError:
            return False
        return flushed

    async def _wait_confirmed(self, session: Any) -> bool:
        wanted = session.progress()[0]
        while session.progress()[1] < wanted:
            if session.finished:
                return False
            await self._wait_moved()
        return True

    def _watch(self, number: int) -> asyncio.Future[bool]:
        watch = self._watches[number] = asyncio.get_running_loop().create_future()
        return watch

    def _end_watch(self, number: int, well: bool) -> None:
        watch = self._watches.pop(number, None)
        if watch is not None and not watch.done():
            watch.set_result(well)

    def _end_watches(self, session: Any) -> None:
        """The session is over: what it has not told is in vain."""
        for number, well in session.take_watched():
            self._end_watch(number, well)
        for number in tuple(self._watches):
            self._end_watch(number, False)

    async def _wait_reading(self, session: Any) -> None:
        while session.reading_paused and not session.finished:
            await self._wait_moved()

    def _wait_moved(self) -> asyncio.Future[None]:
        moved = asyncio.get_running_loop().create_future()
        self._moves.append(moved)
        return moved

    def _close_inbox(self) -> None:
        self._inbox.close()
        self._take(self._session)

    def _take(self, session: Any) -> None:
        """Starts the handlers of the messages that are there; other events are for the task."""
        if session is None or session is not self._session or session is not self._started:
            return
        room = _inbox.LIMIT if 'message' in self.handlers else self._inbox.room()
        events = session.take_events(room)
        for name, data in events:
            if name == 'message':
                if self.state == 'connected':
                    self._message(data)
            else:
                self._events.append((name, data))
                if self._news is not None:
                    self._news.set()
        if len(events) == room > 0:
            # There may be more; others have their turn first.
            asyncio.get_running_loop().call_soon(self._take, session)
        if events and isinstance(session, _core.ClientSession):
            session.handled(sum(name == 'message' for name, _ in events))
            # It may want to read again.
            asyncio.get_running_loop().call_soon(self._pump, session)

    def _message(self, data: Any) -> None:
        if self.logger.isEnabledFor(logging.INFO):
            self._log_received(data)
        handler = self.handlers.get('message')
        if handler is None:
            self._inbox.put(data)
        elif inspect.iscoroutinefunction(handler):
            _keep(asyncio.ensure_future(handler(data)))
        else:
            asyncio.get_running_loop().call_soon(self._call, handler, data)

    def _call(self, handler: Callable[[Any], Any], data: Any) -> None:
        try:
            handler(data)
        except Exception:
            self.logger.exception('message handler error')

    async def _deliver(self, session: Any, news: asyncio.Event) -> None:
        """Handles the events of a connection that are no messages, until its end."""
        goes_on = True
        try:
            while goes_on and session is self._session:
                while goes_on and self._events:
                    goes_on = await arun(self._handle(session, *self._events.popleft()))
                if goes_on:
                    await news.wait()
                    news.clear()
        finally:
            if isinstance(session, _core.NativeClient):
                self._stop_listening(session)
                self._end_watches(session)
            if session is self._session:
                self._inbox.close()

    async def _join_read_loop(self) -> None:
        if self.read_loop_task and self.read_loop_task is not asyncio.current_task():
            await self.read_loop_task

    async def _wait_settled(self) -> None:
        try:
            await asyncio.wait_for(self._settled.wait(), 10)
        except asyncio.TimeoutError:
            pass

    async def _send_packet(self, pkt: packet.Packet) -> None:
        await arun(self._send_flow(pkt))

    async def _send_request(
        self,
        method: str,
        url: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
    ) -> Any:
        http = await self._make_http()
        options: dict[str, Any] = {'timeout': aiohttp.ClientTimeout(total=timeout)}
        if self._tls is not None:
            options['ssl'] = self._tls if self.ssl_verify else False
        if self.proxy:
            options['proxy'] = self.proxy
        try:
            with _redirects.watched(http):
                return await getattr(http, method.lower())(url, headers=headers, data=body, **options)
        except _redirects.Redirected as response:
            return response
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            what = _logger.hide_sids(f'{method} request to {url} failed with error {error}.')
            self.logger.info('HTTP %s', what)
            return str(error)

    async def _make_http(self) -> Any:
        if self.http is None or self.http.closed:
            made = self.http_factory() if self.http_factory else aiohttp.ClientSession()
            self.http = await made if inspect.iscoroutine(made) else made
        return self.http

    def _status(self, response: Any) -> int:
        return response.status  # type: ignore[no-any-return]

    async def _body(self, response: Any) -> bytes:
        return await response.read()  # type: ignore[no-any-return]

    async def _json(self, response: Any) -> Any:
        try:
            # Whatever the server calls it.
            return await response.json(content_type=None)
        except (aiohttp.ClientError, ValueError):
            return None

    async def _open_websocket(self, url: str) -> Any:
        http = await self._make_http()
        timeout = aiohttp.ClientWSTimeout(ws_close=self.request_timeout)
        with _redirects.watched(http):
            return await http.ws_connect(url, **_websocket_options.for_aiohttp(self, timeout))

    def _websocket_errors(self) -> tuple[type[BaseException], ...]:
        return (aiohttp.ClientError, OSError)

    async def _receive(self, ws: Any, timeout: float | None = None) -> Any:
        received = (await asyncio.wait_for(ws.receive(), timeout or self.request_timeout)).data
        if not isinstance(received, str | bytes):
            raise ConnectionResetError(f'closed by the server ({received})')
        return received

    async def _receive_soon(self, ws: Any, seconds: float) -> Any:
        """The next message, or None after that time."""
        try:
            return await self._receive(ws, max(seconds, 0.001))
        except asyncio.TimeoutError:
            return None

    async def _send_frame(self, ws: Any, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            await ws.send_bytes(frame)
        else:
            await ws.send_str(frame)

    async def _close_websocket(self, ws: Any) -> None:
        if ws is not None:
            await ws.close()

    async def _get_all(self, timeout: float | None) -> list[Any]:
        try:
            items = [await asyncio.wait_for(self.queue.get(), timeout)]
        except asyncio.TimeoutError:
            return []
        while not self.queue.empty():
            items.append(self.queue.get_nowait())
        return items

    async def _read_loop_polling(self) -> None:
        await arun(self._read_polling())

    async def _read_loop_websocket(self) -> None:
        await arun(self._read_websocket())

    async def _write_loop(self) -> None:
        await arun(self._write())

    async def _reset(self) -> None:
        self.state = 'disconnected'
        self.sid = None
        if not self.external_http and self.http is not None:
            if not self.http.closed:
                closing = self.http.close()
                if inspect.isawaitable(closing):
                    await closing
            self.http = None

    async def _trigger_event(self, event: str, *args: Any, **kwargs: Any) -> Any:
        run_async = kwargs.pop('run_async', False)
        handler = self.handlers.get(event)
        if handler is None:
            return None
        if run_async:
            return _keep(self.start_background_task(_call_async, handler, *args))
        try:
            result = _options.call_with(handler, *args) if event == 'disconnect' else handler(*args)
            return await result if inspect.iscoroutine(result) else result
        except asyncio.CancelledError:
            return None
        except Exception:
            self.logger.exception('%s handler error', event)
            if event == 'connect':
                raise
            return None


async def _call_async(handler: Callable[..., Any], *args: Any) -> Any:
    result = handler(*args)
    return await result if inspect.iscoroutine(result) else result
