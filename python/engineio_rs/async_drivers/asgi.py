"""The async mode ``asgi``: uvicorn, hypercorn, daphne and every other ASGI server."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from .. import _kinds
from .._core import WsCodec, is_endpoint
from .._mounts import is_endpoint_below, open_first, paths_of, prefixes_of_scope
from ..exceptions import EngineIOError
from ..static_files import StaticFile, get_static_file
from ._environ import Environ, add_addresses, add_headers, add_scheme, base_environ
from ._handshake import extra_headers
from ._hosting import GRACE, Hosting
from ._websocket_async import AsyncWebSocket, end_of
from ._websocket_wsgi import LINGER

Scope = dict[str, Any]
Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

_logger = logging.getLogger('engineio.server')


class ASGIApp:
    """An ASGI application in front of an Engine.IO server.

    Requests for the Engine.IO path go to the server. All others get a static file, or go to another ASGI
    application, or are answered with 404.

    :param engineio_server: the Engine.IO server, an ``AsyncServer``.
    :param other_asgi_app: the ASGI application that gets all other requests, and the lifespan events unless
                           ``on_startup`` or ``on_shutdown`` is given.
    :param static_files: rules for static files, see ``static_files.get_static_file``.
    :param engineio_path: where the Engine.IO server is; ``None`` and ``''`` lead all requests to it.
    :param on_startup: called when the web server starts; a function or a coroutine function.
    :param on_shutdown: called when the web server ends; a function or a coroutine function.
    :param grace: how long the web server, before it ends, waits for clients to hear of it, in seconds, 2 by default.
                  uvicorn, hypercorn and daphne do; others do that when they send the lifespan's last event.

    The path is looked for in the whole path of a request, and below the ``root_path`` that the application is mounted
    at. ``ValueError`` is raised for a path that no request can have and for a server of another async mode, ``TypeError``
    for a ``Server``. Example::

        import engineio_rs as engineio

        eio = engineio.AsyncServer(async_mode='asgi')
        app = engineio.ASGIApp(eio, static_files={'/': 'index.html', '/static': './public'})
        # uvicorn module:app
    """

    def __init__(
        self,
        engineio_server: Any,
        other_asgi_app: Any = None,
        static_files: dict[str, Any] | None = None,
        engineio_path: str | None = 'engine.io',
        on_startup: Callable[[], Any] | None = None,
        on_shutdown: Callable[[], Any] | None = None,
        grace: float = GRACE,
    ) -> None:
        _kinds.demand(engineio_server, True, type(self).__name__)
        _kinds.demand_mode(engineio_server, 'asgi', type(self).__name__)
        self.engineio_server = engineio_server
        self.other_asgi_app = other_asgi_app
        self.engineio_path = engineio_path
        if self.engineio_path is not None:
            if not self.engineio_path.startswith('/'):
                self.engineio_path = '/' + self.engineio_path
            self.engineio_path = self._ensure_trailing_slash(self.engineio_path)
            # Raises for what no path can be.
            is_endpoint('/', self.engineio_path)
        self.static_files = static_files or {}
        self.on_startup = on_startup
        self.on_shutdown = on_shutdown
        self._hosting = Hosting(engineio_server, grace)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, a WebSocket handshake or the lifespan events, as ASGI has it."""
        if scope['type'] == 'lifespan':
            await self.lifespan(scope, receive, send)
        elif self._is_engineio(scope):
            self._hosting.serve()
            await self.engineio_server.handle_request(scope, receive, send)
        else:
            await self._other(scope, receive, send)

    async def serve_static_file(self, static_file: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answers with a file, given as ``get_static_file`` returns it."""
        names = (static_file['filename'], static_file['content_type'])
        await self._serve(await asyncio.to_thread(StaticFile, *names, 'GET'), receive, send)

    async def _serve(self, file: StaticFile, receive: Receive, send: Send) -> None:
        """Answers with a file, which threads read: other requests are answered meanwhile."""
        try:
            if (await receive())['type'] == 'http.request':
                headers = [(name.encode(), value.encode()) for name, value in file.headers]
                await send({'type': 'http.response.start', 'status': int(file.status[:3]), 'headers': headers})
                more = True
                while more:
                    body = await asyncio.to_thread(file.read)
                    more = bool(body) and file.has_more
                    await send({'type': 'http.response.body', 'body': body, 'more_body': more})
        finally:
            file.close()

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers the lifespan events, or leaves them to the other application."""
        listen = partial(self._listen, receive)
        if self.other_asgi_app is not None and self.on_startup is None and self.on_shutdown is None:
            await self.other_asgi_app(scope, listen, send)
            return
        while True:
            event = await listen()
            if event['type'] == 'lifespan.startup':
                if not await _run_hook('startup', self.on_startup, send):
                    return
            elif event['type'] == 'lifespan.shutdown':
                await _run_hook('shutdown', self.on_shutdown, send)
                return

    async def _listen(self, receive: Receive) -> Event:
        """Takes an event of the lifespan, which begins and ends the server's, too."""
        event = await receive()
        if event['type'] == 'lifespan.startup':
            self._hosting.begin()
        elif event['type'] == 'lifespan.shutdown':
            await self._hosting.end()
        return event

    async def not_found(self, receive: Receive, send: Send) -> None:
        """Answers with 404."""
        await _reply(send, 404, 'text/plain', b'Not Found')

    def _is_engineio(self, scope: Scope) -> bool:
        if scope['type'] not in ('http', 'websocket'):
            return False
        if self.engineio_path is None:
            return True
        return is_endpoint_below(scope['path'], self.engineio_path, prefixes_of_scope(scope))

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = await self._static_file(scope) if scope['type'] == 'http' and self.static_files else None
        if file is not None:
            await self._serve(file, receive, send)
        elif self.other_asgi_app is not None:
            await self.other_asgi_app(scope, receive, send)
        elif scope['type'] == 'websocket':
            # Answers to HTTP requests are not allowed here; the web server makes a 403 of it.
            await send({'type': 'websocket.close'})
        else:
            await self.not_found(receive, send)

    async def _static_file(self, scope: Scope) -> StaticFile | None:
        paths = paths_of(scope['path'], prefixes_of_scope(scope))
        if not any(get_static_file(path, self.static_files) for path in paths):
            return None
        method = scope.get('method', 'GET')
        return await asyncio.to_thread(open_first, paths, self.static_files, method)

    def _ensure_trailing_slash(self, path: str) -> str:
        return path if path.endswith('/') else path + '/'


async def _run_hook(name: str, hook: Callable[[], Any] | None, send: Send) -> bool:
    """Runs what the application wants to be run, and tells the web server how it went."""
    try:
        result = hook() if hook else None
        if inspect.isawaitable(result):
            await result
    except Exception:
        _logger.exception('%s handler error', name)
        await send({'type': f'lifespan.{name}.failed'})
        return False
    await send({'type': f'lifespan.{name}.complete'})
    return True


async def _reply(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [(b'Content-Type', content_type.encode())]
    await send({'type': 'http.response.start', 'status': status, 'headers': headers})
    await send({'type': 'http.response.body', 'body': body})


class RequestBody:
    """The body of a request, taken from the web server as it is read."""

    def __init__(self, event: Event | None, receive: Receive) -> None:
        self._receive = receive
        self._data = bytearray()
        #: Whether the web server has more of it. Without a first event, nobody has asked yet.
        self._more = event is None
        if event is not None:
            self._take(event)

    async def read(self, length: int | None = None) -> bytes:
        """Reads so many bytes, or all; less only at the end.

        Raises ``EngineIOError`` if the client went away in the middle of it.
        """
        while self._more and (length is None or len(self._data) < length):
            self._take(await self._receive())
        end = len(self._data) if length is None else length
        data = bytes(self._data[:end])
        del self._data[:end]
        return data

    def _take(self, event: Event) -> None:
        if event['type'] == 'http.disconnect':
            raise EngineIOError('the client went away before its request was complete')
        is_body = event['type'] == 'http.request'
        self._data += (event.get('body') or b'') if is_body else b''
        self._more = is_body and bool(event.get('more_body'))


async def translate_request(scope: Scope, receive: Receive, send: Send) -> Environ:
    """Makes a WSGI environment of an ASGI request; empty if the client is gone already."""
    event = await receive()
    if event['type'] not in ('http.request', 'websocket.connect'):
        return {}
    return _environ_of(scope, RequestBody(event, receive), receive, send)


async def _translate(scope: Scope, receive: Receive, send: Send) -> Environ:
    """As ``translate_request``, but a request need not have sent anything of its body yet: some are refused before."""
    if scope['type'] == 'websocket':
        return await translate_request(scope, receive, send)
    environ = _environ_of(scope, RequestBody(None, receive), receive, send)
    # The web server has not taken it for a WebSocket handshake, so that it is none.
    environ.pop('HTTP_UPGRADE', None)
    return environ


def _environ_of(scope: Scope, body: RequestBody, receive: Receive, send: Send) -> Environ:
    query = _decode(scope.get('query_string') or b'') or ''
    environ = base_environ('asgi', body)
    environ.update({
        'REQUEST_METHOD': scope.get('method', 'GET'),
        'PATH_INFO': scope['path'],
        'QUERY_STRING': query,
        'RAW_URI': f'{scope["path"]}?{query}' if query else scope['path'],
        'SERVER_PROTOCOL': f'HTTP/{scope.get("http_version", "1.1")}',
        'asgi.receive': receive,
        'asgi.send': send,
        'asgi.scope': scope,
    })
    add_headers(environ, _decoded(scope['headers']))
    add_addresses(environ, scope.get('client'), scope.get('server'))
    add_scheme(environ, scope.get('scheme', 'http'))
    if scope['type'] == 'websocket':
        # With HTTP/2 there are no such fields, but it is the same handshake.
        environ.setdefault('HTTP_CONNECTION', 'Upgrade')
        environ.setdefault('HTTP_UPGRADE', 'websocket')
    return environ


def _decoded(headers: Any) -> list[tuple[str, str]]:
    """The headers that are text."""
    decoded = [(_decode(name), _decode(value)) for name, value in headers]
    return [(name, value) for name, value in decoded if name is not None and value is not None]


def _decode(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


async def make_response(
    status: str, headers: list[tuple[str, str]], payload: bytes | str | None, environ: Environ
) -> None:
    """Answers a request or a WebSocket handshake."""
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
    body = payload.encode() if isinstance(payload, str) else payload or b''
    send, scope = environ['asgi.send'], environ['asgi.scope']
    if scope['type'] != 'websocket':
        if status.startswith('408 ') and environ.get('SERVER_PROTOCOL', '').startswith('HTTP/1'):
            # The rest of the body may never come.
            encoded.append((b'connection', b'close'))
        await _respond(send, 'http', status, encoded, body)
    elif status.startswith('200 '):
        await send({'type': 'websocket.accept', 'headers': encoded})
    elif 'websocket.http.response' in (scope.get('extensions') or {}):
        await _respond(send, 'websocket.http', status, encoded, body)
    elif body:
        await send({'type': 'websocket.close', 'reason': body.decode()})
    else:
        await send({'type': 'websocket.close'})


async def _respond(send: Send, kind: str, status: str, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({'type': f'{kind}.response.start', 'status': int(status.split(' ')[0]), 'headers': headers})
    await send({'type': f'{kind}.response.body', 'body': body})


class WebSocket(AsyncWebSocket):
    """A WebSocket connection of an ASGI server."""

    async def _open(self) -> bool:
        headers = [(name.lower().encode(), value.encode()) for name, value in extra_headers(self.environ)]
        event: Event = {'type': 'websocket.accept', **({'headers': headers} if headers else {})}
        offered = self.environ['asgi.scope'].get('subprotocols') or ()
        protocol = WsCodec.choose_protocol(','.join(offered))
        if protocol:
            event['subprotocol'] = protocol
        await self.environ['asgi.send'](event)
        return True

    async def _send(self, message: str | bytes) -> None:
        kind = 'bytes' if isinstance(message, bytes) else 'text'
        await self.environ['asgi.send']({'type': 'websocket.send', kind: message})

    #: The task that receives, if one does, and whether it was told to stop as the client does not answer the close frame.
    _receiver: asyncio.Task[Any] | None = None
    _expired = False

    async def _receive(self) -> str | bytes:
        self._receiver = asyncio.current_task()
        try:
            event = await self.environ['asgi.receive']()
        except asyncio.CancelledError:
            if not self._expired:
                raise
            getattr(self._receiver, 'uncancel', int)()
            raise end_of(None) from None
        finally:
            self._receiver = None
        if event['type'] != 'websocket.receive':
            raise end_of(event.get('code'))
        data, text = event.get('bytes'), event.get('text')
        message: str | bytes = data if data is not None else text
        return message

    async def _close(self, code: int, reason: str) -> None:
        # Some web servers take no code that tells of a broken rule, and leave the connection open.
        if not await self._is_closed_with(code, reason) and code != 1000:
            await self._is_closed_with(1000, reason)
        # Some wait for ever for a client that does not answer.
        if self._receiver is not None:
            asyncio.get_running_loop().call_later(LINGER, self._expire)

    def _expire(self) -> None:
        if self._receiver is not None and not self._expired:
            self._expired = True
            self._receiver.cancel()

    async def _is_closed_with(self, code: int, reason: str) -> bool:
        try:
            await self.environ['asgi.send']({'type': 'websocket.close', 'code': code, 'reason': reason})
        except asyncio.CancelledError:
            raise
        except Exception:
            # It is closed already, or the code was refused; which exception says so depends on the web server.
            return False
        return True

    def _result(self) -> str:
        return ''


_async = {
    'asyncio': True,
    'translate_request': _translate,
    'make_response': make_response,
    'websocket': WebSocket,
}
