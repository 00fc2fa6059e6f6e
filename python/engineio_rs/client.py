"""The client for threads."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any

from . import (
    _answers,
    _bounded_websocket,
    _core,
    _delivery,
    _green,
    _inbox,
    _logger,
    _native_http,
    _options,
    _requests,
    _seams,
    _websocket_options,
    _workers,
    base_client,
    packet,
)
from .flows import Flow, run

try:
    import requests
except ImportError:
    requests = None  # type: ignore[assignment]
try:
    import websocket
except ImportError:
    websocket = None  # type: ignore[assignment]


class Client(base_client.BaseClient):
    """An Engine.IO client for threads.

    :param logger: True to log everything, False for errors only, or a logger.
    :param json: a module to encode and decode JSON with, for the whole process.
    :param request_timeout: seconds that a request, or the handshake of a WebSocket, may take. Default 5.
    :param http_session: a ``requests.Session``, or a function that makes one: all requests are sent with it, and its
                         cookies, certificates and proxies serve the WebSocket too. It needs the packages ``requests``
                         and ``websocket-client`` (``engineio-rs[http]``). By default the connection is native.
    :param ssl_verify: whether the server's certificate is checked. Default True.
    :param handle_sigint: whether SIGINT disconnects, before what else it does. Only for clients that are made in the
                          main thread. Default True.
    :param websocket_extra_options: arguments for ``websocket.create_connection()``. Headers, cookies, ``sslopt``,
                                    proxy, sub-protocols and timeout are translated for the native connection; with
                                    any other one the connection is made with ``requests`` and ``websocket-client``.
    :param timestamp_requests: whether each URL has a time stamp, so that no cache answers. Default True.
    :param ca_certs: certificate authorities to trust besides the system's: the path of a PEM file or of a directory of
                     them, or PEM as bytes. By default, ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE`` names what is
                     trusted instead of the system's.
    :param client_cert: the client's certificate: the path of a PEM file with chain and key, or of two.
    :param proxy: the URL of a proxy for both transports; by default what the environment says.
    :param max_payload: most bytes that are taken in one message or response. Default 16 MiB.
    :param reconnect: True to connect again when the connection is lost, or a dict with ``initial_delay``,
                      ``max_delay``, ``factor``, ``jitter`` and ``max_attempts``. Default False.

    Handlers run in a thread of the client, in order; one that blocks for longer than 20 ms while more has come in is
    overtaken, so that it can wait for what only a later message brings. For example::

        with Client() as eio:
            eio.connect('http://localhost:5000')
            eio.send('hello')
            for message in eio:
                print(message)
    """

    def connect(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        transports: str | list[str] | None = None,
        engineio_path: str = 'engine.io',
    ) -> bool | None:
        """Connects to a server, and waits until an upgrade that it offers has succeeded or failed.

        :param url: the server's URL, with a query if the server wants one; its path is ignored. Text in any script is
                    encoded. Without a login here or in the headers, that of ``.netrc`` is sent.
        :param headers: headers for every request of the connection. One that is ``None`` is left out.
        :param transports: the transports to use; the first one connects. Default polling, then an upgrade to
                           WebSocket.
        :param engineio_path: the path of the server. Default ``engine.io``.

        Redirects of the handshake are followed to the same host and port, and from HTTP to HTTPS on the same host.

        Raises ``ValueError`` if the client is connected, there is no valid transport, or an argument is of no use; ``ConnectionError`` of
        ``engineio_rs.exceptions`` if there is no connection, whose second argument is the JSON that the server
        answered, if it did. For example::

            eio = Client()
            eio.connect('http://localhost:5000', headers={'Authorization': 'Bearer token'})
        """
        if self._is_green != _green.is_patched():
            # The library was patched after the client was made.
            self._make_locks()
        return run(self._connect(url, headers, transports, engineio_path))

    def wait(self) -> None:
        """Waits until the connection has ended. With ``reconnect``, until the client has given up."""
        if self.read_loop_task:
            self.read_loop_task.join()

    def send(self, data: Any) -> None:
        """Sends a message: ``str``, ``bytes``, or a ``dict`` or ``list``, which is sent as JSON.

        It is queued and leaves in order. Waits only while more than 4 MiB are queued. Without a connection, nothing
        happens. Raises ``ValueError`` for a message that the server does not accept because of its size, and for text
        with U+001E on polling.
        """
        self._send_packet(packet.Packet(packet.MESSAGE, data=data))

    def send_packet(self, pkt: packet.Packet) -> None:
        """Sends a packet: a message, or a close. Raises ``ValueError`` for any other."""
        self._send_packet(pkt)

    def flush(self, timeout: float | None = None) -> bool:
        """Waits until everything sent so far was taken over: its POST was answered, or the WebSocket has written it.

        Returns whether that is so; False if the connection has ended before, or ``timeout`` seconds have passed.
        """
        return run(self._flush(timeout))

    def receive(self, timeout: float | None = None) -> Any:
        """Waits for the next message, and returns it. For clients without a message handler.

        Raises ``TimeoutError`` after ``timeout`` seconds, ``EOFError`` when the connection has ended and nothing is
        left.
        """
        return self._inbox.get(timeout)

    def __iter__(self) -> Iterator[Any]:
        """The messages, until the connection ends. For clients without a message handler."""
        return iter(self._inbox)

    def __enter__(self) -> 'Client':
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.disconnect()

    def disconnect(self, abort: bool = False, reason: str | None = None) -> None:
        """Disconnects. What was sent before still leaves. Without a connection, nothing happens.

        :param abort: whether to return without waiting for that.
        :param reason: what the disconnect handler is told. Default ``'client disconnect'``.
        """
        run(self._disconnect(abort, reason))

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> threading.Thread:
        """Starts a daemon thread that runs a function, and returns it."""
        thread = threading.Thread(target=target, args=args, kwargs=kwargs, daemon=True)
        thread.start()
        return thread

    def sleep(self, seconds: float = 0) -> None:
        """Waits."""
        _delivery.give_way()
        time.sleep(seconds)

    def create_queue(self, *args: Any, **kwargs: Any) -> 'queue.Queue[Any]':
        """Returns a ``queue.Queue``."""
        return queue.Queue(*args, **kwargs)

    def get_queue_empty_exception(self) -> type[queue.Empty]:
        """Returns ``queue.Empty``."""
        return queue.Empty

    def create_event(self, *args: Any, **kwargs: Any) -> threading.Event:
        """Returns a ``threading.Event``, which handlers can wait for: others run meanwhile."""
        return _delivery.Event(*args, **kwargs)

    # Below, what the flows of the base class call.

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._make_locks()

    def _make_locks(self) -> None:
        #: Whether they are those of greenlets.
        self._is_green = _green.is_patched()
        self._inbox = _inbox.Inbox(self.logger)
        #: Notified when the session of a portable client has changed.
        self._moved = threading.Condition()
        self._workers = _workers.Workers()

    def _forsake(self) -> None:
        super()._forsake()
        self._make_locks()

    def _connect_polling(self, url: str, headers: dict[str, str], engineio_path: str) -> bool | None:
        return run(self._connect_by('polling', url, headers, engineio_path))

    def _connect_websocket(self, url: str, headers: dict[str, str], engineio_path: str) -> bool | None:
        return run(self._connect_by('websocket', url, headers, engineio_path))

    def _is_equipped(self, transport: str) -> bool:
        if transport == 'polling' and requests is None:
            self.logger.error('requests package is not installed -- cannot send HTTP requests!')
            return False
        if transport == 'websocket' and websocket is None:
            self.logger.error('websocket-client package not installed, only polling transport is available')
            return False
        return True

    def _extra_headers(self) -> Any:
        return self.websocket_extra_options.get('header')

    def _wait_native(self, session: Any, url: str) -> Any:
        try:
            return _green.open_native(session, url) if _green.is_patched() else session.open(url)
        except BaseException:
            # SIGINT, say, or a time-out of gevent's.
            session.forsake()
            raise

    def _start(self, session: Any) -> None:
        self._inbox.open()
        crew = self.read_loop_task = _delivery.Crew(session, self._deliver)
        crew.start()

    def _start_loop(self, name: str, loop: Callable[[], Flow[None]]) -> None:
        """Runs a loop of a connection in a thread. A method of this name that was replaced takes its place."""
        replaced = bool(name) and _seams.is_replaced(self, name)
        thread = self.start_background_task(getattr(self, name) if replaced else lambda: run(loop()))
        if name == '_write_loop':
            self.write_loop_task = thread

    def _over(self, connection: Any) -> None:
        if self._connection is connection:
            self.write_loop_task = None
            self._workers.close()

    def _deliver(self, session: Any, name: str, data: Any) -> bool:
        if name != 'message':
            return self._handle_event(session, name, data)
        if session is self._session and self.state == 'connected':
            if self.logger.isEnabledFor(20):
                self._log_received(data)
            handler = self.handlers.get('message')
            if handler is None:
                self._inbox.put(data)
            else:
                self._handle_message(handler, data)
        if isinstance(session, _core.ClientSession):
            session.handled(1)
            self._pump(session)
        return True

    def _handle_event(self, session: Any, name: str, data: Any) -> bool:
        goes_on = name != 'closed'
        try:
            goes_on = run(self._handle(session, name, data))
        except _green.exits():
            raise
        except BaseException:
            self.logger.exception('%s handler error', 'disconnect' if name == 'closed' else 'connect')
        finally:
            if not goes_on and session is self._session:
                self._close_inbox()
        return goes_on

    def _handle_message(self, handler: Callable[[Any], Any], data: Any) -> None:
        try:
            handler(data)
        except _green.exits():
            # The greenlet that delivers was killed.
            self._leave(self._session)
            raise
        except BaseException:
            # SystemExit too, and time-outs of gevent's: they end the handler, and not the delivery.
            self.logger.exception('message handler error')

    def _close_inbox(self) -> None:
        self._inbox.close()

    def _announce(self, session: Any) -> None:
        with self._moved:
            self._moved.notify_all()

    def _wait_room(self, session: Any) -> None:
        with _delivery.hold():
            if isinstance(session, _core.NativeClient):
                self._wait_native_room(session)
            else:
                with self._moved:
                    self._moved.wait_for(lambda: session.has_room or session.finished)

    def _wait_native_room(self, session: Any) -> None:
        if _green.is_patched():
            _green.wait_watched(session, session.watch_room())
        else:
            session.wait_room()

    def _wait_reading(self, session: Any) -> None:
        with self._moved:
            self._moved.wait_for(lambda: not session.reading_paused or session.finished)

    def _wait_flushed(self, session: Any, timeout: float | None) -> bool:
        _delivery.give_way()
        if isinstance(session, _core.NativeClient):
            if _green.is_patched():
                return _green.wait_watched(session, session.watch_flushed(), timeout)
            return session.wait_flushed(timeout)
        wanted = session.progress()[0]
        with self._moved:
            self._moved.wait_for(lambda: session.progress()[1] >= wanted or session.finished, timeout)
        done: bool = session.progress()[1] >= wanted
        return done

    def _join_read_loop(self) -> None:
        if self.read_loop_task:
            self.read_loop_task.join()

    def _wait_settled(self) -> None:
        self._settled.wait(10)

    def _send_packet(self, pkt: packet.Packet) -> None:
        run(self._send_flow(pkt))

    def _request(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        timeout: float,
        late: Callable[[Any], None] | None = None,
    ) -> Any:
        """Makes a request and reads the answer, all within so many seconds."""
        answer = _requests.Answering(lambda: self._send_request(method, url, headers, body, timeout), self.max_payload)
        return self._workers.run(timeout, answer.run, answer.give_up, late)

    def _send_request(
        self,
        method: str,
        url: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Makes a request. Returns the response, whose body has not been read, or what went wrong."""
        self._prepare_http('polling')
        if not self.ssl_verify:
            self.http.verify = False
        headers = _answers.with_encodings(headers or {})
        try:
            return self.http.request(
                method, url, headers=headers, data=body, timeout=timeout, stream=True, allow_redirects=False
            )
        except requests.exceptions.RequestException as error:
            what = _logger.hide_sids(f'{method} request to {url} failed with error {error}.')
            self.logger.info('HTTP %s', what)
            return str(error) or 'Connection refused by the server'

    def _prepare_http(self, transport: str) -> None:
        """Makes an HTTP session for a connection that begins, if it needs one and there is none."""
        if self.http is None and (self.http_factory or transport == 'polling'):
            self.http = self.http_factory() if self.http_factory else _websocket_options.new_session(self)

    def _wait_over(self, seconds: float) -> None:
        if self.write_loop_task is not None:
            self.write_loop_task.join(seconds)

    def _open_websocket(self, url: str) -> Any:
        if websocket is None:
            raise OSError('websocket-client package not installed, only polling transport is available')
        options = _websocket_options.for_websocket_client(self, url)
        opening = _bounded_websocket.Opening(self.max_payload)
        return self._workers.run(
            self.request_timeout, lambda: opening.run(url, options), opening.give_up, self._drop_websocket
        )

    def _failures(self) -> tuple[type[BaseException], ...]:
        return (OSError, *((websocket.WebSocketException,) if websocket else ()))

    def _receive_answer(self, ws: Any) -> Any:
        """Receives what answers something, all of it within ``request_timeout``."""
        seconds = self.request_timeout
        return self._workers.run(seconds, lambda: self._receive(ws, seconds), lambda: self._drop_websocket(ws))

    def _receive(self, ws: Any, timeout: float) -> Any:
        ws.settimeout(timeout)
        received = ws.recv()
        if len(received) == 0 and not ws.connected:
            raise websocket.WebSocketConnectionClosedException('closed by the server')
        return received

    def _receive_soon(self, ws: Any, seconds: float) -> Any:
        """The next message, or None after that time."""
        try:
            return self._receive(ws, max(seconds, 0.001))
        except websocket.WebSocketTimeoutException:
            return None

    def _send_frame(self, ws: Any, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            ws.send_binary(frame)
        else:
            ws.send(frame)

    def _close_websocket(self, ws: Any) -> None:
        if ws is not None:
            ws.close()

    def _drop_websocket(self, ws: Any) -> None:
        if ws is not None:
            ws.shutdown()

    def _get_all(self, waiting: Any, timeout: float | None) -> list[Any]:
        try:
            items = [waiting.get(timeout=timeout)]
        except queue.Empty:
            return []
        while True:
            try:
                items.append(waiting.get_nowait())
            except queue.Empty:
                return items

    @_seams.original
    def _read_loop_polling(self) -> None:
        run(self._connection.read_polling())  # type: ignore[union-attr]

    @_seams.original
    def _read_loop_websocket(self) -> None:
        run(self._connection.read_websocket())  # type: ignore[union-attr]

    @_seams.original
    def _write_loop(self) -> None:
        run(self._connection.write())  # type: ignore[union-attr]

    def _reset(self) -> None:
        self.state = 'disconnected'
        self.sid = None
        if not self.external_http and not isinstance(self.http, _native_http.NoSession):
            self.http = None

    def _trigger_event(self, event: str, *args: Any, **kwargs: Any) -> Any:
        run_async = kwargs.pop('run_async', False)
        handler = self.handlers.get(event)
        if handler is None:
            return None
        if run_async:
            return self.start_background_task(handler, *args)
        try:
            return _options.call_with(handler, *args) if event == 'disconnect' else handler(*args)
        except Exception:
            self.logger.exception('%s handler error', event)
            if event == 'connect':
                raise
            return None
