"""The async mode ``tornado``: Tornado's web server."""

import asyncio
from collections.abc import Iterable
from typing import Any

import tornado.web
import tornado.websocket

from .. import _kinds
from .._core import WsCodec
from ._environ import Environ, ReceivedBody, add_addresses, add_headers, add_scheme, base_environ
from ._handshake import extra_headers
from ._websocket_async import AsyncWebSocket, end_of

#: How many messages wait for the application before the connection is not read any more.
_MAX_WAITING = 16


def get_tornado_handler(engineio_server: Any) -> Any:
    """Makes the request handler to put into an application's routes.

    Example::

        app = tornado.web.Application([(r'/engine.io/', get_tornado_handler(eio))])

    Raises ``TypeError`` for a ``Server``, and ``ValueError`` for a server of another async mode.
    """
    _kinds.demand(engineio_server, True, 'get_tornado_handler()')
    _kinds.demand_mode(engineio_server, 'tornado', 'get_tornado_handler()')

    class Handler(tornado.websocket.WebSocketHandler):
        """Leads the requests of one route to an Engine.IO server, which checks origins itself."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.sent_code: int | None = None
            self.receive_queue: asyncio.Queue[str | bytes | None] = asyncio.Queue(_MAX_WAITING)

        async def get(self, *args: Any, **kwargs: Any) -> None:
            await engineio_server.handle_request(self)

        async def post(self, *args: Any, **kwargs: Any) -> None:
            await engineio_server.handle_request(self)

        async def options(self, *args: Any, **kwargs: Any) -> None:
            await engineio_server.handle_request(self)

        def open(self, *args: Any, **kwargs: Any) -> None:
            self.opened.set_result(None)

        def get_websocket_protocol(self) -> Any:
            protocol = super().get_websocket_protocol()
            if protocol is not None:
                self._note_code(protocol)
            return protocol

        def _note_code(self, protocol: Any) -> None:
            """Keeps the code of the close frame, which Tornado sends by itself where a message is too long."""
            close = protocol.close

            def noting(code: int | None = None, reason: str | None = None) -> None:
                self.sent_code = self.sent_code or code
                close(code, reason)

            protocol.close = noting

        async def on_message(self, message: str | bytes) -> None:
            await self.receive_queue.put(message)

        async def get_next_message(self) -> str | bytes | None:
            return await self.receive_queue.get()

        def on_close(self) -> None:
            self._end = asyncio.ensure_future(self.receive_queue.put(None))

        def check_origin(self, origin: str) -> bool:
            return True

        def check_trusted_origin(self, origin: str) -> bool:
            return True

        def check_xsrf_cookie(self) -> None:
            """The clients have no such cookie; their origins are checked instead."""

        def compute_etag(self) -> None:
            """No answer is ever the same as an earlier one."""

        def select_subprotocol(self, subprotocols: list[str]) -> str | None:
            return WsCodec.choose_protocol(','.join(subprotocols))

        @property
        def max_message_size(self) -> int:
            return int(engineio_server.max_http_buffer_size)

    return Handler


def translate_request(handler: Any) -> Environ:
    """Makes a WSGI environment of a request."""
    request = handler.request
    path = request.path.partition('?')[0]
    version = request.version
    environ = base_environ('tornado', ReceivedBody(request.body))
    environ.update({
        'REQUEST_METHOD': request.method,
        'PATH_INFO': path,
        'QUERY_STRING': request.query or '',
        'RAW_URI': f'{path}?{request.query}' if request.query else path,
        'SERVER_PROTOCOL': version if version.startswith('HTTP/') else f'HTTP/{version}',
        'tornado.handler': handler,
    })
    add_headers(environ, request.headers.items())
    add_addresses(environ, *_addresses(request))
    add_scheme(environ, request.protocol)
    return environ


def _addresses(request: Any) -> tuple[Any, Any]:
    """The client's address as Tornado has it, which may come from a proxy, and our own."""
    context = getattr(request.connection, 'context', None)
    address = getattr(context, 'address', None)
    host, port = address[:2] if isinstance(address, tuple) and len(address) > 1 else (None, 0)
    # The port of a proxy is none of the client's that it names.
    port = port if host == request.remote_ip else 0
    stream = getattr(request.connection, 'stream', None)
    sock = getattr(stream, 'socket', None)
    return (request.remote_ip, port), sock.getsockname() if sock else None


def make_response(status: str, headers: Iterable[tuple[str, str]], payload: bytes, environ: Environ) -> None:
    """Answers a request."""
    handler = environ['tornado.handler']
    handler.set_status(int(status.split()[0]))
    seen = set()
    for name, value in headers:
        write_header = handler.add_header if name.lower() in seen else handler.set_header
        write_header(name, value)
        seen.add(name.lower())
    handler.write(payload)
    handler.finish()


class WebSocket(AsyncWebSocket):
    """A WebSocket connection of Tornado."""

    async def _open(self) -> bool:
        handler = self._handler = self.environ['tornado.handler']
        for name, value in extra_headers(self.environ):
            handler.add_header(name, value)
        # Reads frames until the connection ends; or answers the request otherwise, if the handshake is not valid.
        self._frames = asyncio.ensure_future(tornado.websocket.WebSocketHandler.get(handler))
        await asyncio.wait([handler.opened, self._frames], return_when=asyncio.FIRST_COMPLETED)
        opened: bool = handler.opened.done()
        return opened

    async def _send(self, message: str | bytes) -> None:
        try:
            await self._handler.write_message(message, binary=isinstance(message, bytes))
        except tornado.websocket.WebSocketClosedError as error:
            raise OSError('the WebSocket connection is closed') from error

    async def _receive(self) -> str | bytes:
        message = await self._handler.get_next_message()
        if message is None:
            raise end_of(self._close_code())
        return message  # type: ignore[no-any-return]

    async def _close(self, code: int, reason: str) -> None:
        self._handler.close(code, reason)

    def _close_code(self) -> int | None:
        """The code that Tornado closed the connection with, if it was not the client who began."""
        code: int | None = self._handler.sent_code if self._handler.close_code is None else None
        return code

    def _result(self) -> str:
        return ''


_async = {
    'asyncio': True,
    'translate_request': translate_request,
    'make_response': make_response,
    'websocket': WebSocket,
}
