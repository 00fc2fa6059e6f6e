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

from . import (
    _aiohttp,
    _answers,
    _async_delivery,
    _core,
    _inbox,
    _logger,
    _native_http,
    _options,
    _redirects,
    _seams,
    _websocket_options,
    base_client,
    packet,
)
from ._async_delivery import keep, task_reference_holder
from .flows import Flow, arun

try:
    import aiohttp
except ImportError:
    aiohttp = None  # type: ignore[assignment]

async_signal_handler_set = False

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

    keep(asyncio.ensure_future(disconnect_all()))


_previous_handler: Any = None


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
            # Who is cancelled here cancels nothing else.
            await asyncio.wait([asyncio.ensure_future(self.read_loop_task)])

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
        #: Delivers the events of the connection.
        self._delivery: _async_delivery.Delivery | None = None
        #: The task that polls for a connection.
        self._pollers: dict[Any, asyncio.Task[Any]] = {}
        #: The TLS set-up of requests, made once for each connection: it takes long, and aiohttp keeps connections by it.
        self._tls: Any = None

    def _forsake(self) -> None:
        super()._forsake()
        self._inbox = _inbox.AsyncInbox(self.logger)
        self._delivery = None
        self._pollers.clear()

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

    def _new_connection(self, transport: str) -> Any:
        self._tls = _websocket_options.ssl_context(self)
        connection = super()._new_connection(transport)
        self._delivery = _async_delivery.Delivery(self, connection.session)
        return connection

    def _is_equipped(self, transport: str) -> bool:
        if aiohttp is None:
            self.logger.error('aiohttp not installed -- cannot make HTTP requests!')
            return False
        return True

    def _extra_headers(self) -> Any:
        return self.websocket_extra_options.get('headers')

    async def _wait_native(self, session: Any, url: str) -> Any:
        self._delivery = _async_delivery.Delivery(self, session)
        return await self._delivery.open(url)

    async def _start(self, session: Any) -> None:
        if self._delivery is not None:
            self.read_loop_task = self._delivery.start()

    def _start_loop(self, name: str, loop: Callable[[], Flow[None]]) -> None:
        """Runs a loop of a connection in a task. A method of this name that was replaced takes its place."""
        replaced = bool(name) and _seams.is_replaced(self, name)
        task = keep(self.start_background_task(getattr(self, name) if replaced else lambda: arun(loop())))
        if name == '_write_loop':
            self.write_loop_task = task
        elif name == '_read_loop_polling':
            self._pollers[self._connection] = task

    def _over(self, connection: Any) -> None:
        poller = self._pollers.pop(connection, None)
        if poller is not None:
            poller.cancel()
        if self._connection is connection:
            self.write_loop_task = None
        self._tidy(connection)

    def _tidy(self, connection: Any) -> None:
        if self._connection is connection and self.state == 'disconnected' and (connection is None or connection.is_over):
            http, self.http = self.http, self._http_without(self.http)
            if http is not self.http:
                keep(asyncio.ensure_future(_close_http(http)))

    def _http_without(self, http: Any) -> Any:
        """What is left of the HTTP session at the end: one that the application has given, or none."""
        return http if self.external_http or isinstance(http, _native_http.NoSession) else None

    def _announce(self, session: Any) -> None:
        if self._delivery is not None:
            self._delivery.announce(session)

    async def _wait_room(self, session: Any) -> None:
        delivery = self._delivery
        if delivery is None:
            return
        if isinstance(session, _core.NativeClient):
            await delivery.watch(session.watch_room())
            return
        while not session.has_room and not session.finished:
            await delivery.moved()

    async def _wait_flushed(self, session: Any, timeout: float | None) -> bool:
        delivery = self._delivery
        if session.finished or delivery is None:
            # Nobody listens to the session any more.
            accepted, confirmed = session.progress()
            return bool(confirmed >= accepted)
        if isinstance(session, _core.NativeClient):
            waited: Any = delivery.watch(session.watch_flushed())
        else:
            waited = self._wait_confirmed(session, delivery)
        try:
            flushed: bool = await _aiohttp.within(timeout, waited)
        except TimeoutError:
            return False
        return flushed

    async def _wait_confirmed(self, session: Any, delivery: _async_delivery.Delivery) -> bool:
        wanted = session.progress()[0]
        while session.progress()[1] < wanted:
            if session.finished:
                return False
            await delivery.moved()
        return True

    async def _wait_reading(self, session: Any) -> None:
        while session.reading_paused and not session.finished and self._delivery is not None:
            await self._delivery.moved()

    def _close_inbox(self) -> None:
        self._inbox.close()
        if self._delivery is not None:
            self._delivery.take_soon()

    def _end_delivery(self, session: Any) -> None:
        """Nobody delivers the events of a session any more."""
        if session is self._session:
            self._inbox.close()
            if self.state in ('connected', 'reconnecting'):
                # The task was cancelled, as all are at the end of the loop.
                self._leave(session)

    async def _join_read_loop(self) -> None:
        if self.read_loop_task and self.read_loop_task is not asyncio.current_task():
            await asyncio.wait([asyncio.ensure_future(self.read_loop_task)])

    async def _wait_settled(self) -> None:
        settled = asyncio.ensure_future(self._settled.wait())
        try:
            await asyncio.wait([settled], timeout=10)
        finally:
            settled.cancel()

    async def _send_packet(self, pkt: packet.Packet) -> None:
        await arun(self._send_flow(pkt))

    async def _request(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        timeout: float,
        late: Callable[[Any], None] | None = None,
    ) -> Any:
        """Makes a request and reads the answer, all within so many seconds."""
        if late is None:
            if self.http is None or self.http.closed:
                raise OSError('the HTTP session was closed')
            return await _aiohttp.within(timeout, self._exchange(method, url, headers, body, timeout))
        return await _aiohttp.within_or_later(timeout, self._exchange(method, url, headers, body, timeout), late)

    async def _exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, timeout: float
    ) -> _answers.Answer:
        response = await self._send_request(method, url, headers, body, timeout)
        if isinstance(response, str):
            raise OSError(response)
        if isinstance(response, _redirects.Redirected):
            return _answers.Answer(response.status, b'', response.headers)
        return await _aiohttp.read(response, self.max_payload)

    async def _send_request(
        self,
        method: str,
        url: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Makes a request. Returns the response, whose body has not been read, or what went wrong."""
        await self._prepare_http('polling')
        options = _aiohttp.options(headers or {}, body, timeout)
        if self._tls is not None:
            options['ssl'] = self._tls if self.ssl_verify else False
        if self.proxy:
            options['proxy'] = self.proxy
        try:
            with _redirects.watched(self.http):
                return await getattr(self.http, method.lower())(url, **options)
        except _redirects.Redirected as response:
            return response
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            what = _logger.hide_sids(f'{method} request to {url} failed with error {error}.')
            self.logger.info('HTTP %s', what)
            return str(error) or 'the server did not answer in time'

    async def _prepare_http(self, transport: str) -> None:
        """Makes an HTTP session for a connection that begins, unless there is one that can be used."""
        if self.http is None or self.http.closed:
            made = self.http_factory() if self.http_factory else aiohttp.ClientSession()
            self.http = await made if inspect.iscoroutine(made) else made

    async def _wait_over(self, seconds: float) -> None:
        if self.write_loop_task is not None:
            await asyncio.wait([self.write_loop_task], timeout=seconds)

    async def _open_websocket(self, url: str) -> Any:
        http = self.http
        timeout = aiohttp.ClientWSTimeout(ws_close=self.request_timeout)
        options = _websocket_options.for_aiohttp(self, timeout)
        with _redirects.watched(http):
            opening = http.ws_connect(url, **options)
            return await _aiohttp.within(self.request_timeout, opening, self._drop_websocket)

    def _failures(self) -> tuple[type[BaseException], ...]:
        return (aiohttp.ClientError, OSError)

    async def _receive_answer(self, ws: Any) -> Any:
        return await self._receive(ws, self.request_timeout)

    async def _receive(self, ws: Any, timeout: float) -> Any:
        received = (await _aiohttp.within(timeout, ws.receive())).data
        if not isinstance(received, str | bytes):
            raise ConnectionResetError(f'closed by the server ({received})')
        return received

    async def _receive_soon(self, ws: Any, seconds: float) -> Any:
        """The next message, or None after that time."""
        try:
            return await self._receive(ws, max(seconds, 0.001))
        except TimeoutError:
            return None

    async def _send_frame(self, ws: Any, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            await ws.send_bytes(frame)
        else:
            await ws.send_str(frame)

    async def _close_websocket(self, ws: Any) -> None:
        if ws is not None:
            await ws.close()

    def _drop_websocket(self, ws: Any) -> None:
        if ws is not None:
            keep(asyncio.ensure_future(self._close_websocket(ws)))

    async def _get_all(self, waiting: Any, timeout: float | None) -> list[Any]:
        try:
            items = [await asyncio.wait_for(waiting.get(), timeout)]
        except asyncio.TimeoutError:
            return []
        while not waiting.empty():
            items.append(waiting.get_nowait())
        return items

    @_seams.original
    async def _read_loop_polling(self) -> None:
        await arun(self._connection.read_polling())  # type: ignore[union-attr]

    @_seams.original
    async def _read_loop_websocket(self) -> None:
        await arun(self._connection.read_websocket())  # type: ignore[union-attr]

    @_seams.original
    async def _write_loop(self) -> None:
        await arun(self._connection.write())  # type: ignore[union-attr]

    async def _reset(self) -> None:
        self.state = 'disconnected'
        self.sid = None
        if self._connection is None or self._connection.is_over:
            http, self.http = self.http, self._http_without(self.http)
            if http is not self.http:
                await _close_http(http)

    async def _trigger_event(self, event: str, *args: Any, **kwargs: Any) -> Any:
        run_async = kwargs.pop('run_async', False)
        handler = self.handlers.get(event)
        if handler is None:
            return None
        if run_async:
            return keep(self.start_background_task(_call_async, handler, *args))
        try:
            result = _options.call_with(handler, *args) if event == 'disconnect' else handler(*args)
            return await result if inspect.iscoroutine(result) else result
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and _async_delivery.is_cancelled():
                raise
            self.logger.exception('%s handler error', event)
            if event == 'connect':
                if isinstance(error, asyncio.CancelledError):
                    raise RuntimeError('something that it waited for was cancelled') from error
                raise
            return None


async def _call_async(handler: Callable[..., Any], *args: Any) -> Any:
    result = handler(*args)
    return await result if inspect.iscoroutine(result) else result


async def _close_http(http: Any) -> None:
    if not getattr(http, 'closed', True):
        closing = http.close()
        if inspect.isawaitable(closing):
            await closing
