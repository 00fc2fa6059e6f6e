"""What ``Server`` and ``AsyncServer`` share: all but how they wait."""

import base64
import gzip
import importlib
import logging
import secrets
import time
import zlib
from collections.abc import Callable, Iterable
from typing import Any

from . import (
    _body, _checks, _core, _doctor, _failures, _fork, _logger, _options, _origins, _seams, exceptions, packet, payload,
)
from ._timers import Timers
from .async_drivers import _handshake
from .async_drivers._hosting import GRACE as GRACE
from .flows import Flow

default_logger = logging.getLogger('engineio.server')

#: When a client may come again that met a server which was about to end, in seconds.
RETRY_AFTER = 5.0

#: The level of gzip and deflate: ten times as fast as the highest one, and almost as good.
COMPRESSION_LEVEL = 4

#: An HTTP reply: ``status``, ``headers`` and ``response``.
Reply = dict[str, Any]


class BaseServer:
    """An Engine.IO server, without a way to wait."""

    #: The compressions of polling responses, see the option ``http_compression``.
    compression_methods = ['gzip', 'deflate']
    #: The events that handlers can be registered for.
    event_names = ['connect', 'disconnect', 'message']
    #: The transports that exist.
    valid_transports = ['polling', 'websocket']
    _default_monitor_clients = True

    class reason:
        """Why a session ended, as the disconnect handler is told."""

        #: The server closed it.
        SERVER_DISCONNECT = 'server disconnect'
        #: The client closed it.
        CLIENT_DISCONNECT = 'client disconnect'
        #: The client did not answer a ping in time.
        PING_TIMEOUT = 'ping timeout'
        #: The connection went away.
        TRANSPORT_CLOSE = 'transport close'
        #: The client broke the rules, sent too much or read too slowly, or a request failed.
        TRANSPORT_ERROR = 'transport error'

    def __init__(
        self,
        async_mode: str | None = None,
        ping_interval: float | tuple[float, float] = 25,
        ping_timeout: float = 20,
        max_http_buffer_size: int = 1000000,
        allow_upgrades: bool = True,
        http_compression: bool = True,
        compression_threshold: int = 1024,
        cookie: str | dict[str, Any] | None = None,
        cors_allowed_origins: Any = None,
        cors_credentials: bool = True,
        logger: bool | logging.Logger = False,
        json: Any = None,
        async_handlers: bool = True,
        monitor_clients: bool | None = None,
        transports: str | list[str] | None = None,
        decode_json: bool = True,
        max_async_handlers: int = 256,
        max_inbound_bytes: int | None = None,
        jsonp: bool = False,
        trusted_proxies: str | list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        _options.warn_of_unknown(kwargs, BaseServer.__init__.__annotations__)
        self.ping_timeout = ping_timeout
        self.ping_interval, self.ping_interval_grace_period = _options.intervals(ping_interval)
        self.max_http_buffer_size = max_http_buffer_size
        self.allow_upgrades = allow_upgrades
        self.http_compression = http_compression
        self.compression_threshold = compression_threshold
        self.cookie = cookie
        self._check_cookie()
        self.cors_allowed_origins = cors_allowed_origins
        self.cors_credentials = cors_credentials
        self.trusted_proxies = trusted_proxies
        self.async_handlers = async_handlers
        self.max_async_handlers = max_async_handlers
        self.max_inbound_bytes = max_inbound_bytes
        self.jsonp = jsonp
        self.decode_json = decode_json
        self.sockets: dict[str, Any] = {}
        #: Sessions that have ended while their clients do not know yet.
        self._parting: dict[str, Any] = {}
        #: The requests that were not answered yet: each is who answers it.
        self._requests: set[Any] = set()
        #: What limits the time of bodies that are being read.
        self._reads: set[Any] = set()
        self.handlers: dict[str, Callable[..., Any]] = {}
        self.log_message_keys: set[str] = set()
        self._monitors = self._default_monitor_clients if monitor_clients is None else monitor_clients
        self.start_service_task = self._monitors
        self.service_task_handle: Any = None
        self.service_task_event: Any = None
        self._timers = Timers()
        self._timer_event: Any = None
        self._timer_task: Any = None
        #: No sessions are opened any more: the server was shut down.
        self._draining = False
        #: The clients have had their time to hear of it.
        self._drained = False
        #: It was because its web server ended, and another one may host it.
        self._paused = False
        #: It was because the interpreter exits.
        self._exits = False
        #: Set when a session is forgotten or a request answered, for ``shutdown``.
        self._parted: Any = None
        self._shut_down = False
        if json is not None:
            packet.Packet.json = json
        _checks.check('logger', logger)
        self.logger = _logger.choose_logger(logger, default_logger)
        self._async: dict[str, Any] = {}
        #: Whether the application has asked for an async mode.
        self._mode_is_wanted = async_mode is not None
        self.async_mode = self._choose_mode(async_mode)
        self.transports = _options.transports_of(transports, self.valid_transports)
        self.logger.info('Server initialized for %s.', self.async_mode)
        self._examined = False
        odd = _doctor.odd_origins(_origins.odd_ones(cors_allowed_origins))
        if odd is not None:
            self.logger.error(odd)
        _fork.servers.add(self)

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets an attribute. Raises ``ValueError`` for an option if the value is of no use."""
        _checks.check(name, value)
        super().__setattr__(name, value)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Makes this a copy of another server."""
        self.__dict__.update(state)
        _fork.servers.add(self)

    def is_asyncio_based(self) -> bool:
        """Whether the methods are coroutines."""
        return False

    def async_modes(self) -> list[str]:
        """The async modes that exist, in the order in which they are tried."""
        return ['eventlet', 'gevent_uwsgi', 'gevent', 'threading']

    def on(self, event: str, handler: Callable[..., Any] | None = None) -> Any:
        """Registers the handler of an event, in the place of the one before.

        :param event: ``'connect'``, ``'message'`` or ``'disconnect'``; ``ValueError`` is raised for anything else.
        :param handler: the handler. Without it the method is a decorator.

        The handlers are called with

        * ``connect``: the session id and the WSGI environment of the request. ``None`` and ``True`` accept the client.
          Any other value, or an exception, rejects it with a status of 401; the value is sent as JSON.
        * ``message``: the session id and the data: ``bytes``, ``str``, or what a text in JSON stands for.
        * ``disconnect``: the session id and the reason, one of ``Server.reason``. A handler with one argument is
          called with the session id alone.

        For one client they are called in this order, ``disconnect`` once and last::

            @eio.on('connect')
            def connect(sid, environ):
                if environ['REMOTE_ADDR'] in blocked:
                    return False

            def message(sid, data):
                eio.send(sid, data)

            eio.on('message', message)
        """
        return _options.register(self.handlers, self.event_names, event, handler, self._check_handler)

    def transport(self, sid: str) -> str:
        """Returns how a client is connected: ``'polling'`` or ``'websocket'``.

        Raises ``KeyError`` for a session that does not exist.
        """
        return 'websocket' if self._get_socket(sid).upgraded else 'polling'

    def create_queue(self, *args: Any, **kwargs: Any) -> Any:
        """Returns a queue of the async mode, as ``queue.Queue`` is for threads."""
        return self._async['queue'](*args, **kwargs)

    def get_queue_empty_exception(self) -> Any:
        """Returns what such a queue raises when nothing is in it, as ``queue.Empty``."""
        return self._async['queue_empty']

    def create_event(self, *args: Any, **kwargs: Any) -> Any:
        """Returns an event of the async mode, as ``threading.Event`` is for threads."""
        return self._async['event'](*args, **kwargs)

    def generate_id(self) -> str:
        """Returns a new session id: 20 characters, which 120 random bits of the operating system make.

        Can be replaced by another function. An id has 1 to 64 letters, digits, ``-``, ``_``, ``.`` or ``~``.
        """
        return base64.urlsafe_b64encode(secrets.token_bytes(15)).decode('ascii')

    # What the two classes differ in.

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Starts a task of the async mode and returns it."""
        raise NotImplementedError

    def _create_socket(self, sid: str) -> Any:
        raise NotImplementedError

    def _wait_event(self, event: Any, timeout: float | None) -> Any:
        raise NotImplementedError

    def _caller(self) -> Any:
        """Who runs: the thread or greenlet, or the task."""
        raise NotImplementedError

    # Requests.

    def _begin(self) -> Any:
        """A request has come. Returns what it counts as until it has ended."""
        request = self._caller()
        self._requests.add(request)
        return request

    def _end(self, request: Any) -> None:
        """A request was answered, and the answer is the web server's."""
        self._requests.discard(request)
        if self._parted is not None:
            self._parted.set()

    def _dispatch(self, environ: dict[str, Any], *args: Any) -> Flow[Any]:
        """Answers a request. What is no reply is what a WebSocket leaves to be given to the web server."""
        checked = self._check(environ)
        kind, sid = checked.kind, checked.sid
        if sid is None or kind == 'refused':
            reply = yield from self._answer(checked, environ, args)
        else:
            socket, refusal = self._admit(kind, sid)
            if refusal is not None:
                reply = self._refuse(refusal, sid, environ)
            elif kind == 'post':
                reply = yield from self._post(socket, sid, checked.jsonp, environ)
            elif kind == 'poll':
                reply = yield from self._get(socket, sid, checked.jsonp, environ, args)
            else:
                reply = yield from self._upgrade(socket, sid, environ, args)
        return (yield from self._complete(reply, checked, environ)) if isinstance(reply, dict) else reply

    def _check(self, environ: dict[str, Any]) -> _core.Checked:
        """Looks at a request, with the options as they are now."""
        return _core.check(
            environ,
            self.transports,
            self._accepted_origins(environ),
            bool(self.cors_credentials),
            bool(self.allow_upgrades),
            self._has_websocket(),
            bool(self.http_compression),
            _options.proxies_of(self.trusted_proxies),
            bool(self.jsonp),
        )

    def _accepted_origins(self, environ: dict[str, Any]) -> list[str] | str | bool | None:
        try:
            return _origins.accepted(self.cors_allowed_origins, environ)
        except BaseException as error:
            if isinstance(error, Exception) or _failures.passes(error):
                # The web server has an answer to that.
                raise
            self.logger.exception('cors_allowed_origins error')
            return ''

    def _apply_forwarded_scheme(self, environ: dict[str, Any]) -> None:
        """Lets the application see the scheme that the client used, as a trusted proxy reports it."""
        if 'HTTP_X_FORWARDED_PROTO' in environ:
            scheme = _options.proxies_of(self.trusted_proxies).scheme(environ)
            environ['wsgi.url_scheme'] = scheme or environ['wsgi.url_scheme']

    def _answer(self, checked: _core.Checked, environ: dict[str, Any], args: tuple[Any, ...]) -> Flow[Any]:
        """Answers a request that is refused, or for no session that exists."""
        if checked.refusal is not None:
            return self._refuse(self._unknown(checked.sid) or checked.refusal, checked.sid, environ)
        if checked.kind == 'preflight':
            return _core.granted(preflight=True)
        if self._draining:
            return self._refuse(_core.unavailable(RETRY_AFTER), None, environ)
        return (yield self._handle_connect(environ, *args, checked.transport, checked.jsonp))

    def _admit(self, kind: str, sid: str) -> tuple[Any, _core.Refusal | None]:
        """The socket that a request is for, and why it is refused if it is."""
        socket: Any = self.sockets.get(sid)
        if _is_original(socket) and not socket._session.closed:
            return socket, socket._session.objection(kind == 'upgrade')
        # Only a poll can tell a client of the end.
        socket = self._find(sid) if kind == 'poll' else self._find_open(sid)
        return socket, _objection(socket, sid, kind == 'upgrade')

    def _unknown(self, sid: str | None) -> _core.Refusal | None:
        """The refusal of a request for a session that does not exist, which says more than any other."""
        if sid is None or self._find(sid) is not None:
            return None
        return _core.objection(sid, known=False, connected=False, upgraded=False, websocket=False)

    def _get(
        self, socket: Any, sid: str, jsonp: int | None, environ: dict[str, Any], args: tuple[Any, ...]
    ) -> Flow[Any]:
        """Answers a poll."""
        try:
            if _is_original(socket):
                result = socket._begin_poll(jsonp)
                if not isinstance(result, bytes):
                    result = yield from socket._wait_for_poll(environ, result)
                elif not socket._is_settled():
                    yield from socket._settle()
            else:
                result = yield socket.handle_get_request(environ, *args)
        except exceptions.EngineIOError as error:
            return (yield from self._fail(sid, error))
        finally:
            self._drop_if_closed(sid)
        if isinstance(result, list):
            return self._ok(result, jsonp_index=jsonp)
        if isinstance(result, bytes):
            return _core.granted(result, jsonp=jsonp is not None)
        return result

    def _upgrade(self, socket: Any, sid: str, environ: dict[str, Any], args: tuple[Any, ...]) -> Flow[Any]:
        """Lets a WebSocket be opened for a session."""
        try:
            if _is_original(socket):
                return (yield from socket._handle_get_request(environ, *args))
            return (yield socket.handle_get_request(environ, *args))
        except exceptions.EngineIOError as error:
            return (yield from self._fail(sid, error))
        finally:
            self._drop_if_closed(sid)

    def _post(self, socket: Any, sid: str, jsonp: int | None, environ: dict[str, Any]) -> Flow[Any]:
        if jsonp is not None:
            environ[_body.JSONP] = jsonp
        try:
            if _is_original(socket):
                yield from socket._handle_post_request(environ)
            else:
                yield socket.handle_post_request(environ)
        except exceptions.EngineIOError as error:
            return (yield from self._fail(sid, error))
        except Exception:
            # The request's own input failed: the client is gone, or the web server is at odds with it.
            self.logger.exception('post request handler error')
            return (yield from self._fail(sid, exceptions.EngineIOError()))
        return _core.granted()

    def _fail(self, sid: str, error: exceptions.EngineIOError) -> Flow[Reply]:
        if str(error):
            self._log_error_once(f'Bad request of session {_logger.short(sid)}: {error}', 'bad-request')
        if sid in self.sockets:
            yield self.disconnect(sid)
        return error.reply or self._bad_request()

    def disconnect(self, sid: str | None = None) -> Any:
        """Closes one session or all."""
        raise NotImplementedError

    def _handle_connect(self, environ: Any, *args: Any) -> Any:
        raise NotImplementedError

    def _connect(self, environ: Any, args: tuple[Any, ...], transport: str, jsonp_index: int | None) -> Flow[Any]:
        """Opens a session."""
        self._start_service()
        sid = self.generate_id()
        socket = self._create_socket(sid)
        socket._is_original = not _seams.are_replaced(self, socket)
        self.sockets[sid] = socket
        verdict = yield from self._ask(socket, sid, environ, transport)
        if verdict is not None and verdict is not True:
            self.sockets.pop(sid, None)
            self.logger.warning('Application rejected connection')
            return self._unauthorized(verdict or None)
        socket.schedule_ping()
        if transport == 'websocket':
            environ[_handshake.HEADERS] = self._cookie_headers(sid)
            return (yield from self._connect_websocket(socket, sid, environ, args))
        socket.connected = True
        try:
            packets = yield socket.poll()
        except exceptions.QueueEmpty:
            return self._bad_request()
        except BaseException:
            # The client will never learn its session's id.
            socket._abandon_session()
            raise
        return self._ok(packets, headers=self._cookie_headers(sid), jsonp_index=jsonp_index)

    def _ask(self, socket: Any, sid: str, environ: Any, transport: str) -> Flow[Any]:
        """Asks the application whether it wants a client, whose session is gone if there is no answer."""
        try:
            yield socket.send(self._open_packet(sid, transport, environ))
            return (yield self._trigger_event('connect', sid, environ, run_async=False))
        except BaseException:
            # Cancelled, as web servers do when the client leaves, or ended: as the application has not accepted the
            # client, it is not told of the end.
            self.sockets.pop(sid, None)
            raise

    def _connect_websocket(self, socket: Any, sid: str, environ: Any, args: tuple[Any, ...]) -> Flow[Any]:
        try:
            return (yield socket.handle_get_request(environ, *args))
        finally:
            if not socket.connected:
                # The handshake failed after the application had accepted the client.
                yield socket.close(wait=False, abort=True, reason=self.reason.TRANSPORT_CLOSE)
            self._drop_if_closed(sid)

    def _trigger_event(self, event: str, *args: Any, run_async: bool = False) -> Any:
        raise NotImplementedError

    def _open_packet(self, sid: str, transport: str, environ: dict[str, Any]) -> packet.Packet:
        encoded = _core.open_packet(
            sid,
            transport=transport,
            transports=list(self.transports),
            allow_upgrades=bool(self.allow_upgrades),
            websocket=self._has_websocket() and _doctor.can_reach_socket(self, environ),
            ping_interval=self.ping_interval + self.ping_interval_grace_period,
            ping_timeout=self.ping_timeout,
            max_payload=int(self.max_http_buffer_size),
        )
        return packet.Packet(encoded_packet=encoded)

    def _upgrades(self, sid: str, transport: str) -> list[str]:
        """What a session on a transport can move to."""
        if self._get_socket(sid).upgraded:
            return []
        return _core.possible_upgrades(
            transport, list(self.transports), bool(self.allow_upgrades), self._has_websocket()
        )

    def _has_websocket(self) -> bool:
        return self._async.get('websocket') is not None

    # Sockets.

    @_seams.original
    def _get_socket(self, sid: str) -> Any:
        """The socket of a session. Raises ``KeyError`` if there is none, or not any more."""
        try:
            socket = self.sockets[sid]
        except KeyError:
            raise KeyError('Session not found') from None
        if socket.closed:
            del self.sockets[sid]
            raise KeyError('Session is disconnected')
        return socket

    def _find(self, sid: str) -> Any:
        """The socket of a session that may still have something to say to its client."""
        return self._find_open(sid) or self._parting.get(sid)

    def _find_open(self, sid: str) -> Any:
        """The socket of a session that has not ended."""
        try:
            return self._get_socket(sid)
        except KeyError:
            return None

    def _drop_if_closed(self, sid: str) -> None:
        socket = self.sockets.get(sid)
        if socket is not None and socket.closed:
            self.sockets.pop(sid, None)

    def _forget(self, socket: Any) -> None:
        """The application knows that a session has ended; its client perhaps does not."""
        sid = socket.sid
        if self.sockets.get(sid) is socket:
            del self.sockets[sid]
        if not socket._session.finished:
            self._parting[sid] = socket
        elif self._parted is not None:
            self._parted.set()

    def _part(self, socket: Any) -> None:
        """Everything was said to the client of a session that has ended."""
        if self._parting.pop(socket.sid, None) is not None and self._parted is not None:
            self._parted.set()

    # Messages to many.

    def _send_to(self, clients: Iterable[tuple[str, Any]], data: Any) -> Flow[list[str]]:
        """Sends a message to clients, given with their ids. Returns the ids of those that did not get it."""
        pkt = packet.Packet(packet.MESSAGE, data=data)
        # Raises for what no client can be sent.
        pkt.encode()
        skipped = []
        for sid, client in clients:
            if client is None or not (yield from self._send_one(client, pkt)):
                skipped.append(sid)
        return skipped

    def _send_one(self, client: Any, pkt: packet.Packet) -> Flow[bool]:
        try:
            if _is_original(client):
                posted: bool = client._post_packet(pkt) or (yield from client._send(pkt))
                return posted
            yield client.send(pkt)
        except (exceptions.SocketIsClosedError, ValueError):
            # It has ended; or it polls, which text with a separator cannot be sent by.
            return False
        return not client.closing

    def _clients_of(self, sids: Iterable[str]) -> list[tuple[str, Any]]:
        return [(sid, self.sockets.get(sid)) for sid in sids]

    # Replies.

    def _ok(
        self,
        packets: list[packet.Packet] | None = None,
        headers: list[tuple[str, str]] | None = None,
        jsonp_index: int | None = None,
    ) -> Reply:
        """The reply with the packets of a poll, or to an accepted POST."""
        if packets is None:
            return _core.granted()
        body = payload.Payload(packets=packets).encode(jsonp_index).encode('utf-8')
        reply = _core.granted(body, jsonp=jsonp_index is not None)
        if headers:
            reply['headers'] = headers + reply['headers']
        return reply

    def _bad_request(self, message: Any = None) -> Reply:
        """The reply to a bad request."""
        reply = _core.bad_request()
        if message is not None:
            reply['response'] = packet.Packet.json.dumps(message).encode('utf-8')
        return reply

    def _unauthorized(self, message: Any = None) -> Reply:
        """The reply to a client that the connect handler has rejected."""
        if message is None:
            return _core.rejection()
        try:
            return _core.rejection(packet.Packet.json.dumps(message))
        except (TypeError, ValueError):
            self.logger.error('The connect handler returned what cannot be sent as JSON: %r', message)
            return _core.rejection()

    def _refuse(self, refusal: _core.Refusal, sid: str | None, environ: dict[str, Any]) -> Reply:
        if refusal.key == 'bad-method':
            self.logger.warning('Method %s not supported', environ.get('REQUEST_METHOD'))
        else:
            self._log_error_once(_log_message(refusal, sid, environ), refusal.key)
        return refusal.reply()

    def _cookie_headers(self, sid: str) -> list[tuple[str, str]]:
        if not self.cookie:
            return []
        name, attributes = _options.cookie_attributes(self.cookie)
        return [('Set-Cookie', _core.cookie(name, sid, attributes))]

    def _check_cookie(self) -> None:
        """Raises ``ValueError`` for a cookie that could smuggle in another cookie or header."""
        if self.cookie:
            name, attributes = _options.cookie_attributes(self.cookie, call=False)
            _core.cookie(name, 'sid', attributes)

    def _complete(self, reply: Reply, checked: _core.Checked, environ: dict[str, Any]) -> Flow[Reply]:
        """The reply with all of its headers, compressed where that is worth it."""
        if self.http_compression and len(reply['response']) >= self.compression_threshold:
            yield from self._compress(reply, environ)
        reply['headers'] = headers = reply['headers'] + checked.headers
        # The headers of a handshake that is accepted describe no body.
        if environ.get('HTTP_UPGRADE', '').lower() != 'websocket':
            headers.append(('Content-Length', str(len(reply['response']))))
        return reply

    def _compress(self, reply: Reply, environ: dict[str, Any]) -> Flow[None]:
        encoding = _core.negotiate(environ.get('HTTP_ACCEPT_ENCODING', ''), list(self.compression_methods))
        if encoding is not None:
            reply['response'] = yield self._compressed(getattr(self, '_' + encoding), reply['response'])
            reply['headers'] = reply['headers'] + [('Content-Encoding', encoding)]

    def _compressed(self, compress: Callable[[bytes], bytes], response: bytes) -> Any:
        return compress(response)

    def _gzip(self, response: bytes) -> bytes:
        return gzip.compress(response, COMPRESSION_LEVEL)

    def _deflate(self, response: bytes) -> bytes:
        return zlib.compress(response, COMPRESSION_LEVEL)

    # The end.

    def _drain(self, grace: float) -> Flow[None]:
        """Ends all sessions, and waits until their clients have been told: not for ever, as some do not ask.

        What tells them has to leave, too. Its own request, if it is called in one, it cannot wait for. Whoever calls
        it again, as web servers do that are ending, gives nobody more time.
        """
        self._draining = True
        caller = self._caller()
        self._parted = self._parted or self.create_event()
        for socket in list(self.sockets.values()):
            if _is_original(socket):
                yield from socket._leave()
            else:
                yield socket.close(wait=False, reason=self.reason.SERVER_DISCONNECT)
        deadline = time.monotonic() + (0.0 if self._drained else grace)
        while self._is_telling(caller) and (left := deadline - time.monotonic()) > 0:
            yield self._wait_event(self._parted, left)
            self._parted.clear()
        for socket in list(self.sockets.values()):
            if _is_original(socket):
                yield from socket._give_up()
        self._cut_reads()
        self._drained = True

    def _cut_reads(self) -> None:
        """Ends what still waits for the body of a request, where nobody else does."""
        for read in list(self._reads):
            cut_soon = getattr(read, 'cut_soon', None)
            if cut_soon is not None:
                cut_soon()

    def _is_telling(self, caller: Any) -> bool:
        # As the interpreter exits, nobody comes any more who could be told by a poll of theirs.
        return bool(self._requests - {caller} or not self._exits and (self._parting or self._is_read(caller)))

    def _is_read(self, caller: Any) -> bool:
        """Whether a session is left that may still have something to deliver."""
        return any(_is_original(socket) and socket._reader != caller for socket in list(self.sockets.values()))

    def _note_exit(self) -> None:
        """Has the server shut down with the interpreter, where that can be done."""

    def _resume(self) -> None:
        """A web server begins to host the server. Opens it again if the end of another one has shut it down."""
        if self._paused:
            self._paused = self._draining = self._drained = self._shut_down = False
            self._parted = self._timer_event = None
            self.start_service_task = self._monitors

    # Timers.

    def _start_service(self) -> None:
        """Starts what watches the clients, with the first of them, in each process."""
        self._note_exit()
        if self.start_service_task:
            self.start_service_task = False
            self.service_task_event = self._timer_event = self.create_event()
            self.service_task_handle = self.start_background_task(self._service_task)

    def _forsake(self) -> None:
        """The process was forked: the sessions are the other one's, and threads do not survive it."""
        for socket in (*self.sockets.values(), *self._parting.values()):
            # Whoever keeps the object must not write to the client either.
            if getattr(socket, '_exchange', None) is not None:
                socket._exchange._closed = True
        self._timers = Timers()
        self.sockets.clear()
        self._parting.clear()
        self._requests.clear()
        self._timer_event = self._timer_task = None
        self.start_service_task = self.start_service_task or self.service_task_handle is not None
        self.service_task_handle = None

    def _wake_timers(self) -> None:
        """The first deadline has changed."""
        with self._timers.lock:
            if self._shut_down:
                return
            if self._timer_event is None:
                self._timer_event = self.create_event()
                self._timer_task = self.start_background_task(self._timer_loop)
            else:
                self._timer_event.set()

    def _run_timers(self, forever: bool) -> Flow[None]:
        """Looks after the deadlines: until ``shutdown``, or only as long as there are any."""
        event = self._timer_event
        while not self._shut_down:
            delay = self._timers.delay()
            if delay is None and not forever and self._rest():
                break
            yield self._wait_event(event, delay)
            event.clear()
            for socket in self._timers.take_due():
                self._expire(socket)

    def _rest(self) -> bool:
        """Nobody looks after the deadlines any more, as there are none; false if some have come just now."""
        with self._timers.lock:
            if self._timers.delay() is not None:
                return False
            self._timer_event = None
            return True

    def _stop_timers(self) -> list[Any]:
        """Ends what looks after the deadlines. Returns the tasks to wait for."""
        with self._timers.lock:
            self._shut_down = True
            if self._timer_event is not None:
                self._timer_event.set()
        for watch in list(self._timers.watches.values()):
            watch.end()
        tasks = [task for task in (self.service_task_handle, self._timer_task) if task is not None]
        self.service_task_handle = self._timer_task = None
        return tasks

    def _expire(self, socket: Any) -> None:
        try:
            socket._expire()
        except Exception:
            self.logger.exception('service task exception')

    def _timer_loop(self) -> Any:
        raise NotImplementedError

    def _service_task(self) -> Any:
        raise NotImplementedError

    # The rest.

    def _log_error_once(self, message: str, message_key: str) -> None:
        """Logs with level ERROR the first time, and with level INFO later on."""
        if message_key in self.log_message_keys:
            self.logger.info(message)
        else:
            self.logger.error(
                message + ' (further occurrences of this error will be logged with level INFO)'
            )
            self.log_message_keys.add(message_key)

    def _check_handler(self, event: str, handler: Callable[..., Any]) -> None:
        """Raises ``TypeError`` for a handler that cannot be called as the others are."""

    def _take_mode(self, mode: str) -> None:
        """Exchanges the async mode, as long as there are no sessions."""
        self.async_mode = self._choose_mode(mode)

    def _choose_mode(self, wanted: str | None) -> str:
        """Loads the driver of the first async mode that is to be had."""
        modes = self.async_modes()
        why = f'{wanted!r} is not {_checks.one_of(modes)}'
        if wanted is not None:
            modes = [wanted] if wanted in modes else []
        for mode in modes:
            if wanted is None and _doctor.rules_out(mode):
                continue
            try:
                driver = importlib.import_module(f'{__package__}.async_drivers.{mode}')._async
            except ImportError as error:
                why = f'{mode!r} is not to be had: {error}'
                continue
            if bool(driver.get('asyncio', False)) == self.is_asyncio_based():
                self._async = driver
                return mode
        raise ValueError(f'Invalid async_mode specified: {why}')


def _is_original(socket: Any) -> bool:
    """Whether a socket's methods can be passed by; those of what only looks like one cannot."""
    return getattr(socket, '_is_original', False) is True


def _objection(socket: Any, sid: str, websocket: bool) -> _core.Refusal | None:
    """Why a request is refused, by where its session stands for those who read and write that."""
    return _core.objection(
        sid,
        known=socket is not None,
        connected=bool(getattr(socket, 'connected', False)),
        upgraded=bool(getattr(socket, 'upgraded', False)),
        websocket=websocket,
    )


#: How python-engineio words what it logs, where that is not what the client is told.
_MESSAGES = {
    'bad-sid': 'Invalid session {sid}',
    'bad-origin': '{origin} is not an accepted origin.',
    'not-connected': 'Socket for session {sid} is not connected',
    'unexpected-http': 'Unexpected HTTP request for session {sid}',
}


def _log_message(refusal: _core.Refusal, sid: str | None, environ: dict[str, Any]) -> str:
    known = _MESSAGES.get(refusal.key)
    if known is None or (sid is None and refusal.key == 'bad-sid'):
        words = refusal.text
    else:
        words = known.format(origin=environ.get('HTTP_ORIGIN'), sid=_logger.short(sid))
    return f'{words} [{refusal.detail}]'
