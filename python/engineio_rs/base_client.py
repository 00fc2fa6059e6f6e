"""What the clients for threads and for asyncio share: options, handlers, and the life of a connection as flows."""

import json
import logging
import signal
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from . import (
    _client_checks, _client_options, _core, _fork, _kinds, _logger, _options, _redirects, exceptions, packet,
)
from .flows import Flow

default_logger = logging.getLogger('engineio.client')

#: The answer to a poll that was never sent.
_NOOP = b'6'

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
        #: Polls that the session wants.
        self._polls: Any = None
        self._ws_link = 0
        #: Where a redirect led the handshake of a library.
        self._led: str | None = None
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
        connected: bool | None = yield connect(url, dict(headers or {}), engineio_path)
        return connected

    def _connect_by(self, transport: str, url: str, headers: dict[str, str], engineio_path: str) -> Flow[bool | None]:
        self._headers = _client_checks.headers_of(headers, self._extra_headers())
        options = self._native_options(transport, url, engineio_path)
        address = self._get_engineio_url(url, engineio_path, transport)
        if self._led is not None:
            address = _redirects.address(self._led, url, transport)
        if options is None and transport == 'websocket' and self.sid is not None:
            return (yield from self._upgrade(f'{address}&sid={self.sid}'))
        self.base_url = address
        name = 'WebSocket' if transport == 'websocket' else 'polling'
        self.logger.info('Attempting %s connection to %s', name, _logger.hide_sids(self.base_url))
        if options is not None:
            session, opened = yield from self._open_native(transport, url, options)
        elif self._is_equipped(transport):
            session, opened = yield from self._open_portable(transport)
        else:
            return None if transport == 'polling' else False
        if not (yield from self._begin(session, opened, transport)):
            return True if transport == 'websocket' else None
        if transport == 'polling' and _offers_upgrade(opened, self.transports):
            if options is not None:
                yield from self._start_settled(session)
                return None
            if (yield self._connect_websocket(url, headers, engineio_path)):
                transport = 'websocket'
        yield self._start(session, transport)
        return True if transport == 'websocket' else None

    def _native_options(self, transport: str, url: str, engineio_path: str) -> dict[str, Any] | None:
        if self.http is not None or self.http_factory is not None:
            return None
        return _client_options.native(self, transport, url, engineio_path)

    def _open_native(self, transport: str, url: str, options: dict[str, Any]) -> Flow[tuple[Any, dict[str, Any]]]:
        session = _core.NativeClient(packet.Packet, **options)
        failure = yield self._wait_native(session, url)
        if failure is not None:
            yield self._reset()
            raise _client_options.connection_error(transport, failure)
        _, opened = session.poll_event() or ('', {})
        return session, opened

    def _open_portable(self, transport: str) -> Flow[tuple[Any, dict[str, Any]]]:
        session = self._new_session(transport)
        _, link = session.open_link()
        if transport == 'polling':
            yield from self._request_open(session, link)
        else:
            yield from self._receive_open(session, link)
        name: str
        data: Any
        name, data = session.poll_event() or ('', None)
        if name == 'open':
            return session, data
        yield self._reset()
        if transport == 'websocket':
            yield self._close_websocket(self.ws)
        if 'Engine.IO 3' in data[1]:
            raise exceptions.ConnectionError(data[1])
        if transport == 'websocket':
            raise exceptions.ConnectionError('no OPEN packet')
        wrong_first = 'first packet' in data[1]
        message = 'OPEN packet not returned by server' if wrong_first else 'Unexpected response from server'
        raise exceptions.ConnectionError(message)

    def _new_session(self, transport: str) -> Any:
        if self.reconnect:
            raise ValueError(
                'reconnect is for native connections: leave out http_session, and options of the WebSocket that only '
                'websocket-client or aiohttp know'
            )
        self._polls, self.queue, self._ws_link = self.create_queue(), self.create_queue(), 0
        return _core.ClientSession(
            transport,
            packet.Packet,
            upgrade='websocket' in (self.transports or ()),
            connect_timeout=self.request_timeout * 2 + 5,
            max_payload=self.max_payload,
        )

    def _request_open(self, session: Any, link: int) -> Flow[None]:
        trail = _redirects.Trail(str(self.base_url), 'polling')
        while True:
            response = yield self._send_request(
                'GET', trail.url + self._get_url_timestamp(), headers=self._headers, timeout=self.request_timeout
            )
            if response is None or isinstance(response, str):
                yield self._reset()
                raise exceptions.ConnectionError(response or 'Connection refused by the server')
            status = self._status(response)
            if status not in _redirects.STATUSES:
                break
            yield from self._follow(trail, response)
        if not 200 <= status < 300:
            body = yield self._json(response)
            yield self._reset()
            raise exceptions.ConnectionError(f'Unexpected status code {status} in server response', body)
        session.answered(link, (yield self._body(response)))

    def _follow(self, trail: _redirects.Trail, response: Any) -> Flow[None]:
        """Goes where a response to the handshake leads: there the session lives."""
        try:
            trail.follow(response)
        except exceptions.ConnectionError:
            yield self._reset()
            raise
        self.base_url, self._led = trail.url, trail.led

    def _receive_open(self, session: Any, link: int) -> Flow[None]:
        trail = _redirects.Trail(str(self.base_url), 'websocket')
        while self.ws is None:
            try:
                self.ws = yield self._open_websocket(trail.url + self._get_url_timestamp())
            except _redirects.Redirected as response:
                yield from self._follow(trail, response)
            except self._websocket_errors() as error:
                yield self._reset()
                raise exceptions.ConnectionError('Connection error') from error
        try:
            received = yield self._receive(self.ws)
        except Exception as error:
            yield self._reset()
            raise exceptions.ConnectionError(f'Unexpected recv exception: {error}') from error
        session.received(link, received)
        while session.opening:
            yield from self._receive_second(session, link)
        self._ws_link = link

    def _receive_second(self, session: Any, link: int) -> Flow[None]:
        """Receives the packet after the open packet, if it comes soon: it may tell which version the server speaks."""
        try:
            received = yield self._receive_soon(self.ws, session.timeout() or 0)
        except Exception:
            session.lost(link)
            return
        if received is None:
            session.handle_timeout()
        else:
            session.received(link, received)

    def _begin(self, session: Any, opened: dict[str, Any], transport: str) -> Flow[bool]:
        """Tells the application that it is connected. Returns whether it still wants to be."""
        name = 'WebSocket' if transport == 'websocket' else 'Polling'
        self.logger.info('%s connection accepted with %s', name, packet.loggable(opened, packet.OPEN))
        self._adopt(session, opened, transport)
        if transport == 'polling':
            self.base_url = f'{self.base_url}&sid={self.sid}'
        connected_clients.append(self)
        try:
            yield self._trigger_event('connect', run_async=False)
        except Exception as error:
            _forget(self)
            session.abort()
            yield self._close_websocket(self.ws)
            yield self._reset()
            raise exceptions.ConnectionError(f'Connect handler failed: {error}') from error
        return session is self._session and self.state == 'connected'

    def _start_settled(self, session: Any) -> Flow[None]:
        """Starts the delivery of a native session, and waits for the end of its upgrade."""
        self._settled = self.create_event()
        yield self._start(session, 'polling')
        yield self._wait_settled()

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
            self.state = 'disconnected'
            _forget(self)
        elif self.state == 'reconnecting' and session is not None:
            session.abort()
        yield self._reset()

    def _forsake(self) -> None:
        """In a process that was forked: the connection is the parent's, and this client can make one of its own."""
        _forget(self)
        self.state, self.sid = 'disconnected', None
        self._session = self.ws = self._settled = None
        self.read_loop_task = self.write_loop_task = None
        self.queue, self._ws_link = self.create_queue(), 0
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
            return
        self.logger.warning('The connection ended: %s (%s)', detail, reason)
        if lost:
            self.logger.warning('%d messages may not have arrived', lost)
        if reason == self.reason.SERVER_DISCONNECT:
            self.state = 'disconnecting'
        yield self._trigger_event('disconnect', reason, run_async=False)
        if session is not self._session:
            return
        _forget(self)
        if reconnects:
            self.state, self.sid = 'reconnecting', None
        else:
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

    # The portable driver: requests and frames by a Python library, for the session's links.

    def _pump(self, session: Any) -> None:
        """Has the links opened that the session wants, and what it has to say written."""
        if not isinstance(session, _core.ClientSession):
            return
        while (opened := session.open_link()) is not None:
            kind, link = opened
            (self._polls if kind == 'poll' else self.queue).put_nowait(link)
        if session.finished:
            self._polls.put_nowait(None)
        if session.finished or (self._ws_link and session.wants(self._ws_link)):
            self.queue.put_nowait(None)
        self._announce()

    def _announce(self) -> None:
        """The session may have events."""

    def _read_polling(self) -> Flow[None]:
        session = self._session
        while (link := (yield self._polls.get())) is not None:
            self.logger.info('Sending polling GET request to %s', _logger.hide_sids(self.base_url))
            response = yield self._send_request(
                'GET',
                str(self.base_url) + self._get_url_timestamp(),
                headers=self._headers,
                timeout=max(self.ping_interval or 0, self.ping_timeout or 0) + 5,
            )
            yield from self._finish_request(session, link, response)
        self.logger.info('Exiting read loop task')

    def _finish_request(self, session: Any, link: int, response: Any) -> Flow[None]:
        if response is None or isinstance(response, str):
            self.logger.warning('%s', _logger.hide_sids(response or 'Connection refused by the server, aborting'))
            session.lost(link)
        elif not 200 <= (status := self._status(response)) < 300:
            self.logger.warning('Unexpected status code %s in server response, aborting', status)
            session.refused(link, status)
        else:
            session.answered(link, (yield self._body(response)))
        self._pump(session)

    def _write(self) -> Flow[None]:
        session = self._session
        while not session.finished:
            items = yield self._get_all(session.timeout())
            session.handle_timeout()
            for link in filter(None, items):
                yield from self._post(session, link)
            if self._ws_link:
                yield from self._write_frames(session)
            self._pump(session)
        if self.ws is not None:
            yield self._close_websocket(self.ws)
        self.logger.info('Exiting write loop task')
        if session is self._session:
            self.write_loop_task = None

    def _post(self, session: Any, link: int) -> Flow[None]:
        if session.has_ended(link):
            return
        response = yield self._send_request(
            'POST',
            self.base_url,
            body=session.payload(link),
            headers={**self._headers, 'Content-Type': 'text/plain'},
            timeout=self.request_timeout,
        )
        yield from self._finish_request(session, link, response)

    def _write_frames(self, session: Any) -> Flow[None]:
        link = self._ws_link
        frames, over = session.frames(link)
        try:
            for frame in frames:
                yield self._send_frame(self.ws, frame)
        except Exception as error:
            self.logger.warning('WebSocket connection was closed, aborting: %s', error)
            session.lost(link)
        else:
            session.sent(link)
            if over:
                self._ws_link = 0
                yield self._close_websocket(self.ws)
                session.lost(link)

    def _upgrade(self, url: str) -> Flow[bool]:
        """Moves a session to a WebSocket, while nothing else is sent or received. Returns whether it did.

        As with the original, a client that has a ``sid`` and is not connected is taken for one of that session.
        """
        starts = self.state != 'connected'
        session = self._known_session() if starts else self._session
        links = dict(iter(session.open_link, None))
        self.logger.info('Attempting WebSocket upgrade to %s', _logger.hide_sids(url))
        ws = None
        try:
            ws = yield self._open_websocket(url + self._get_url_timestamp())
            moves = yield from self._probe(session, ws, links['websocket'])
        except Exception as error:
            self.logger.warning('WebSocket upgrade failed: connection error: %s', _logger.hide_sids(error))
            session.lost(links['websocket'])
            moves = False
        if not moves:
            yield self._close_websocket(ws)
            self._polls.put_nowait(links['poll'])
            return False
        session.answered(links['poll'], _NOOP)
        self.ws, self._ws_link, self.current_transport = ws, links['websocket'], 'websocket'
        yield from self._write_frames(session)
        if starts:
            yield self._start(session, 'websocket')
        return True

    def _probe(self, session: Any, ws: Any, link: int) -> Flow[bool]:
        for frame in session.frames(link)[0]:
            yield self._send_frame(ws, frame)
        moves: bool = session.received(link, (yield self._receive(ws)))
        return moves

    def _known_session(self) -> Any:
        """A session that was opened elsewhere."""
        session = self._new_session('polling')
        opened = {
            'sid': self.sid,
            'upgrades': ['websocket'],
            'pingInterval': int((self.ping_interval or 25) * 1000),
            'pingTimeout': int((self.ping_timeout or 20) * 1000),
        }
        session.answered(session.open_link()[1], b'0' + json.dumps(opened).encode())
        self._session = session
        session.poll_event()
        return session

    def _read_websocket(self) -> Flow[None]:
        session, ws, link = self._session, self.ws, self._ws_link
        self._set_patience(ws)
        alive = True
        while alive:
            if session.reading_paused:
                yield self._wait_reading(session)
            try:
                received = yield self._receive(ws, (self.ping_interval or 0) + (self.ping_timeout or 0))
            except Exception as error:
                if not session.finished:
                    self.logger.warning('WebSocket connection was closed, aborting: %s', error)
                session.lost(link)
                break
            alive = session.received(link, received)
            self._pump(session)
        self._pump(session)
        self.logger.info('Exiting read loop task')

    # What the subclasses say.

    def _extra_headers(self) -> Any:
        raise NotImplementedError

    def _set_patience(self, ws: Any) -> None:
        """Sets how long a WebSocket may be silent, where that is a property of it."""

    create_queue: Any
    create_event: Any
    get_queue_empty_exception: Any
    sleep: Any
    start_background_task: Any
    _body: Any
    _close_inbox: Any
    _close_websocket: Any
    _connect_websocket: Any
    _get_all: Any
    _is_equipped: Any
    _join_read_loop: Any
    _json: Any
    _open_websocket: Any
    _read_loop_websocket: Any
    _receive: Any
    _receive_soon: Any
    _reset: Any
    _send_frame: Any
    _send_request: Any
    _start: Any
    _status: Any
    _trigger_event: Any
    _wait_flushed: Any
    _wait_native: Any
    _wait_reading: Any
    _wait_room: Any
    _wait_settled: Any
    _websocket_errors: Any


def _offers_upgrade(opened: dict[str, Any], transports: list[str] | None) -> bool:
    return 'websocket' in opened['upgrades'] and 'websocket' in (transports or ())


def _forget(client: BaseClient) -> None:
    if client in connected_clients:
        connected_clients.remove(client)


def _handle_sigint() -> None:
    global original_signal_handler
    if original_signal_handler is None and threading.current_thread() is threading.main_thread():
        original_signal_handler = signal.signal(signal.SIGINT, signal_handler)
