"""What the clients for threads and for asyncio share: options, handlers, and the life of a connection as flows."""

import logging
import signal
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from . import (
    _client_checks,
    _client_options,
    _core,
    _fork,
    _kinds,
    _logger,
    _native_http,
    _options,
    _portable,
    _redirects,
    exceptions,
    packet,
)
from .flows import Flow

default_logger = logging.getLogger('engineio.client')

#: Clients that are connected.
connected_clients: list[Any] = []

#: What handled SIGINT before the first client was made.
original_signal_handler: Any = None


def signal_handler(sig: int, frame: Any) -> Any:
    """Handles SIGINT: disconnects all clients for threads, and goes on as it would have gone on without them."""
    for client in connected_clients[:]:
        if not client.is_asyncio_based():
            client.disconnect()
    if callable(original_signal_handler):
        return original_signal_handler(sig, frame)
    return signal.default_int_handler(sig, frame)


class BaseClient:
    """The part of a client that does not depend on how it waits."""

    #: The events that handlers can be registered for.
    event_names = ['connect', 'disconnect', 'message']

    #: The transports that exist.
    valid_transports = ['polling', 'websocket']

    class reason:
        """Why a connection ended, as the disconnect handler is told."""

        #: The application called ``disconnect()``.
        CLIENT_DISCONNECT = 'client disconnect'
        #: The server closed the connection in an orderly way.
        SERVER_DISCONNECT = 'server disconnect'
        #: Everything else.
        TRANSPORT_ERROR = 'transport error'

    def __init__(
        self,
        logger: bool | logging.Logger = False,
        json: Any = None,
        request_timeout: float = 5,
        http_session: Any = None,
        ssl_verify: bool = True,
        handle_sigint: bool = True,
        websocket_extra_options: Mapping[str, Any] | None = None,
        timestamp_requests: bool = True,
        *,
        ca_certs: str | bytes | None = None,
        client_cert: str | tuple[str, str] | None = None,
        proxy: str | None = None,
        max_payload: int = 16 << 20,
        reconnect: bool | Mapping[str, Any] = False,
    ) -> None:
        _client_checks.check_options(
            {
                'request_timeout': request_timeout,
                'ssl_verify': ssl_verify,
                'websocket_extra_options': websocket_extra_options,
                'ca_certs': ca_certs,
                'client_cert': client_cert,
                'proxy': proxy,
                'max_payload': max_payload,
                'reconnect': reconnect,
            }
        )
        self.handlers: dict[str, Callable[..., Any]] = {}
        self.base_url: str | None = None
        self.transports: list[str] | None = None
        self.current_transport: str | None = None
        self.sid: str | None = None
        self.upgrades: list[str] | None = None
        self.ping_interval: float | None = None
        self.ping_timeout: float | None = None
        self.http: Any = None
        self.http_factory: Callable[[], Any] | None = None
        if callable(http_session):
            self.http_factory = http_session
        else:
            self.http = http_session
        self.external_http = self.http is not None
        self.handle_sigint = handle_sigint
        self.ws: Any = None
        self.read_loop_task: Any = None
        self.write_loop_task: Any = None
        self.queue: Any = self.create_queue()
        self.queue_empty: Any = self.get_queue_empty_exception()
        self.state = 'disconnected'
        self.ssl_verify = ssl_verify
        self.websocket_extra_options = dict(websocket_extra_options or {})
        self.timestamp_requests = timestamp_requests
        self.ca_certs = ca_certs
        self.client_cert = client_cert
        self.proxy = proxy
        self.max_payload = max_payload
        self.reconnect = _client_options.reconnection(reconnect)
        self.request_timeout = request_timeout
        self.logger = _logger.choose_logger(logger, default_logger)
        if json is not None:
            packet.Packet.json = json
        if handle_sigint:
            _handle_sigint()
        #: The session of the core, or the native client, of the connection.
        self._session: Any = None
        self._headers: dict[str, str] = {}
        #: Where a redirect led the handshake of a library.
        self._led: str | None = None
        #: What carries the session, if a library does.
        self._connection: _portable.Connection | None = None
        #: Whether the upgrade has happened or failed.
        self._settled: Any = None
        _fork.clients.add(self)

    # What the application uses.

    def is_asyncio_based(self) -> bool:
        """Whether the methods are coroutines."""
        return False

    def on(self, event: str, handler: Callable[..., Any] | None = None) -> Any:
        """Registers the handler of an event.

        :param event: ``'connect'``, ``'message'`` or ``'disconnect'``. Raises ``ValueError`` for another one.
        :param handler: the function to call: without arguments for ``connect``, with the data for ``message``, with
                        the reason for ``disconnect``. Without it, the method is a decorator.

        For example::

            @eio.on('message')
            def message(data):
                print('received', data)
        """
        return _options.register(self.handlers, self.event_names, event, handler, self._check_handler)

    def _check_handler(self, event: str, handler: Callable[..., Any]) -> None:
        if not self.is_asyncio_based():
            _kinds.demand_function(event, handler, 'Client')

    def transport(self) -> str | None:
        """The transport in use, ``'polling'`` or ``'websocket'``; ``None`` before the first connection."""
        return self.current_transport

    # Names and addresses.

    def _get_engineio_url(self, url: str, engineio_path: str, transport: str) -> str:
        parsed = urllib.parse.urlparse(_client_options.encoded(url))
        if transport not in self.valid_transports:
            raise ValueError('invalid transport')
        scheme = ('http' if transport == 'polling' else 'ws') + ('s' if parsed.scheme in ('https', 'wss') else '')
        query = parsed.query + '&' if parsed.query else ''
        path = _client_options.encoded(engineio_path.strip('/'))
        return f'{scheme}://{parsed.netloc}/{path}/?{query}transport={transport}&EIO=4'

    def _get_url_timestamp(self) -> str:
        return f'&t={time.time()}' if self.timestamp_requests else ''

    # The life of a connection.

    def _connect(
        self, url: str, headers: Mapping[str, str] | None, transports: Any, engineio_path: str
    ) -> Flow[bool | None]:
        if self.state != 'disconnected':
            raise ValueError('Client is not in a disconnected state')
        _client_checks.check_call(url, headers, engineio_path)
        self.transports = _options.transports_of(transports, self.valid_transports)
        self._led = None
        connect = getattr(self, '_connect_' + self.transports[0])
        before = self._session
        try:
            connected: bool | None = yield connect(url, dict(headers or {}), engineio_path)
        except BaseException:
            if self._session is not before or self._connection is not None:
                self._leave(self._session)
            raise
        return connected

    def _connect_by(self, transport: str, url: str, headers: dict[str, str], engineio_path: str) -> Flow[bool | None]:
        self._headers = _client_checks.headers_of(headers, self._extra_headers())
        options = self._native_options(transport, url, engineio_path)
        address = self._get_engineio_url(url, engineio_path, transport)
        if self._led is not None:
            address = _redirects.address(self._led, url, transport)
        if options is None and transport == 'websocket' and self.sid is not None:
            return (yield from self._resume(f'{address}&sid={self.sid}'))
        self.base_url = address
        name = 'WebSocket' if transport == 'websocket' else 'polling'
        self.logger.info('Attempting %s connection to %s', name, _logger.hide_sids(self.base_url))
        if options is not None:
            session, opened = yield from self._open_native(transport, url, options)
        elif self._is_equipped(transport):
            session, opened = yield from self._open_portable(transport)
        else:
            return None if transport == 'polling' else False
        moves = transport == 'polling' and _offers_upgrade(opened, self.transports)
        self._settled = self.create_event() if moves else None
        if (yield from self._begin(session, opened, transport)):
            yield self._start(session)
            if moves:
                yield self._wait_settled()
        return True if transport == 'websocket' else None

    def _native_options(self, transport: str, url: str, engineio_path: str) -> dict[str, Any] | None:
        if self.http_factory is not None or not isinstance(self.http, _native_http.NoSession | None):
            return None
        return _client_options.native(self, transport, url, engineio_path)

    def _open_native(self, transport: str, url: str, options: dict[str, Any]) -> Flow[tuple[Any, dict[str, Any]]]:
        session = _core.NativeClient(packet.Packet, **options)
        self._connection = None
        failure = yield self._wait_native(session, url)
        if failure is not None:
            yield self._reset()
            raise _client_options.connection_error(transport, failure)
        _, opened = session.poll_event() or ('', {})
        self.http = _native_http.of(self)
        return session, opened

    def _open_portable(self, transport: str) -> Flow[tuple[Any, dict[str, Any]]]:
        connection = self._new_connection(transport)
        try:
            opened = yield from connection.open(transport)
        except Exception as error:
            yield self._close_websocket(connection.websocket)
            connection.discard()
            yield self._reset()
            if connection.websocket is not None or isinstance(error, self._failures()):
                raise _portable.connection_error(transport, connection, error) from error
            raise
        except BaseException:
            self._drop_websocket(connection.websocket)
            if transport == 'websocket':
                connection.discard()
            raise
        self.ws = connection.websocket
        return connection.session, opened

    def _new_connection(self, transport: str) -> _portable.Connection:
        if self.reconnect:
            raise ValueError(
                'reconnect is for native connections: leave out http_session, and options of the WebSocket that only '
                'websocket-client or aiohttp know'
            )
        if isinstance(self.http, _native_http.NoSession):
            self.http = None
        self._connection = _portable.Connection(self, transport)
        self.queue = self._connection.outgoing
        return self._connection

    def _resume(self, url: str) -> Flow[bool]:
        """Connects by WebSocket to a session that was opened elsewhere: as with the original, a client that has a ``sid``
        and is not connected is taken for one of that session.
        """
        connection = self._new_connection('polling')
        connection.resume()
        if not (yield from connection.move(url)):
            return False
        self._session, self.current_transport = connection.session, 'websocket'
        connection.start('websocket')
        yield self._start(connection.session)
        return True

    def _begin(self, session: Any, opened: dict[str, Any], transport: str) -> Flow[bool]:
        """Tells the application that it is connected. Returns whether it still wants to be."""
        name = 'WebSocket' if transport == 'websocket' else 'Polling'
        self.logger.info('%s connection accepted with %s', name, packet.loggable(opened, packet.OPEN))
        self._adopt(session, opened, transport)
        if transport == 'polling':
            self.base_url = f'{self.base_url}&sid={self.sid}'
        connected_clients.append(self)
        if self._connection is not None:
            self._connection.start(transport)
        try:
            yield self._trigger_event('connect', run_async=False)
        except Exception as error:
            self._leave(session)
            if self._connection is not None:
                # Its HTTP session may be gone as soon as the caller knows.
                yield self._wait_over(self.request_timeout)
            yield self._reset()
            raise exceptions.ConnectionError(f'Connect handler failed: {error}') from error
        return session is self._session and self.state == 'connected'

    def _leave(self, session: Any) -> None:
        """Ends a connection without waiting: what was sent still leaves, and the server is told."""
        if session is not self._session:
            return
        _forget(self)
        if session is not None:
            session.close()
            self._pump(session)
        self.state, self.sid = 'disconnected', None
        self._close_inbox()
        self._tidy(self._connection)

    def _tidy(self, connection: Any) -> None:
        """A portable connection is over: closes what the client has made for it, unless another one uses it."""

    def _adopt(self, session: Any, opened: dict[str, Any], transport: str) -> None:
        self._session = session
        self.sid = opened['sid']
        self.upgrades = opened['upgrades']
        self.ping_interval = opened['pingInterval'] / 1000
        self.ping_timeout = opened['pingTimeout'] / 1000
        self.current_transport = transport
        self.state = 'connected'

    def _disconnect(self, abort: bool, reason: str | None) -> Flow[None]:
        session = self._session
        if self.state == 'connected':
            yield from self._part(session, abort, reason)
        elif self.state == 'reconnecting' and session is not None:
            session.abort()
        yield self._reset()

    def _part(self, session: Any, abort: bool, reason: str | None) -> Flow[None]:
        try:
            if session is not None:
                session.close()
                self._pump(session)
            self.state = 'disconnecting'
            self._close_inbox()
            yield self._trigger_event('disconnect', reason or self.reason.CLIENT_DISCONNECT, run_async=False)
            if not abort:
                yield self._join_read_loop()
            if self.ws is not None and self.current_transport == 'websocket' and not (session is not None and abort):
                yield self._close_websocket(self.ws)
        except BaseException:
            # Cancelled, say: the rest goes on by itself.
            self._leave(session)
            raise
        if session is self._session:
            self.state = 'disconnected'
            _forget(self)

    def _forsake(self) -> None:
        """In a process that was forked: the connection is the parent's, and this client can make one of its own."""
        _forget(self)
        self.state, self.sid = 'disconnected', None
        self._session = self._connection = self.ws = self._settled = None
        self.read_loop_task = self.write_loop_task = None
        self.queue = self.create_queue()
        if not self.external_http:
            self.http = None

    # What the session tells.

    def _handle(self, session: Any, name: str, data: Any) -> Flow[bool]:
        """Handles an event that is no message. Returns whether more may follow."""
        if session is not self._session:
            return name != 'closed'
        if name == 'closed':
            yield from self._handle_closed(session, *data)
            return bool(data[3])
        if name == 'upgraded':
            self.current_transport = 'websocket'
            self.logger.info('WebSocket upgrade was successful')
            self._settle()
        elif name == 'upgrade failed':
            self.logger.warning('WebSocket upgrade failed: %s', data)
            self._settle()
        elif name == 'open':
            yield from self._reopened(session, data)
        elif name == 'reconnecting':
            self.logger.info('Connecting again in %.1f seconds, attempt %d', data[1], data[0])
        elif name == 'reconnect failed':
            self.logger.warning('Attempt %d to connect again failed: %s', *data)
        return True

    def _settle(self) -> None:
        if self._settled is not None:
            self._settled.set()

    def _handle_closed(self, session: Any, reason: str, detail: str, lost: int, reconnects: bool) -> Flow[None]:
        self._settle()
        if self.state != 'connected':
            if self.state == 'reconnecting' and not reconnects:
                # The client has given up.
                yield self._reset()
            return
        self.logger.warning('The connection ended: %s (%s)', detail, reason)
        if lost:
            self.logger.warning('%d messages may not have arrived', lost)
        if reason == self.reason.SERVER_DISCONNECT:
            self.state = 'disconnecting'
        try:
            yield self._trigger_event('disconnect', reason, run_async=False)
        finally:
            if session is self._session:
                _forget(self)
                self.state, self.sid = 'reconnecting' if reconnects else 'disconnected', None
        if session is self._session and not reconnects:
            yield self._reset()

    def _reopened(self, session: Any, opened: dict[str, Any]) -> Flow[None]:
        self._adopt(session, opened, session.transport)
        self.base_url = f'{str(self.base_url).split("&sid=")[0]}&sid={self.sid}'
        connected_clients.append(self)
        try:
            yield self._trigger_event('connect', run_async=False)
        except Exception:
            yield from self._disconnect(True, None)

    def _log_received(self, data: Any) -> None:
        self.logger.info('Received packet MESSAGE data %s', packet.loggable(data))

    # What the application sends.

    def _send_flow(self, pkt: packet.Packet) -> Flow[None]:
        while self.state == 'connected':
            session = self._session
            taken = session.send(pkt) if session is not None else self.queue.put_nowait(pkt) or True
            if taken is not None:
                break
            yield self._wait_room(session)
        else:
            return
        if session is not None:
            self._pump(session)
        if self.logger.isEnabledFor(logging.INFO):
            name = packet.packet_name(pkt.packet_type)
            self.logger.info('Sending packet %s data %s', name, packet.loggable(pkt.data, pkt.packet_type))

    def _flush(self, timeout: float | None) -> Flow[bool]:
        session = self._session
        if session is None:
            return True
        flushed: bool = yield self._wait_flushed(session, timeout)
        return flushed

    def _pump(self, session: Any) -> None:
        """A portable session may want links, or have something to say."""
        connection = self._connection
        if connection is not None and connection.session is session:
            connection.pump()

    def _announce(self, session: Any) -> None:
        """A portable session may have changed."""

    # What the subclasses say.

    def _extra_headers(self) -> Any:
        raise NotImplementedError

    create_queue: Any
    create_event: Any
    get_queue_empty_exception: Any
    sleep: Any
    start_background_task: Any
    _close_inbox: Any
    _close_websocket: Any
    _connect_websocket: Any
    _drop_websocket: Any
    _failures: Any
    _get_all: Any
    _is_equipped: Any
    _join_read_loop: Any
    _open_websocket: Any
    _over: Any
    _prepare_http: Any
    _receive: Any
    _receive_answer: Any
    _receive_soon: Any
    _request: Any
    _reset: Any
    _send_frame: Any
    _start: Any
    _start_loop: Any
    _trigger_event: Any
    _wait_flushed: Any
    _wait_native: Any
    _wait_over: Any
    _wait_reading: Any
    _wait_room: Any
    _wait_settled: Any


def _offers_upgrade(opened: dict[str, Any], transports: list[str] | None) -> bool:
    return 'websocket' in opened['upgrades'] and 'websocket' in (transports or ())


def _forget(client: BaseClient) -> None:
    if client in connected_clients:
        connected_clients.remove(client)


def _handle_sigint() -> None:
    global original_signal_handler
    if original_signal_handler is None and threading.current_thread() is threading.main_thread():
        original_signal_handler = signal.signal(signal.SIGINT, signal_handler)
