"""The async mode ``sanic``: Sanic's own server. With another ASGI server, the mode is ``asgi``."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

try:
    from sanic.response import HTTPResponse
    from sanic.server.protocols.websocket_protocol import WebSocketProtocol
except ImportError:
    HTTPResponse = WebSocketProtocol = None

from .._core import WsCodec
from ._environ import Environ, ReceivedBody, add_addresses, add_headers, add_scheme, base_environ
from ._hosting import Hosting
from ._websocket_async import AsyncWebSocket, end_of


def create_route(app: Any, engineio_server: Any, engineio_endpoint: str) -> None:
    """Has an application lead the requests for a path to an Engine.IO server."""
    app.add_route(engineio_server.handle_request, engineio_endpoint, methods=['GET', 'POST', 'OPTIONS'])
    if hasattr(app, 'enable_websocket'):
        app.enable_websocket()


def end_together(app: Any, hosting: Hosting) -> None:
    """Ends the server when an application ends, while that can still answer."""

    async def begin(*_: Any) -> None:
        hosting.begin()

    app.register_listener(begin, 'before_server_start')
    app.register_listener(hosting.end, 'before_server_stop')


def translate_request(request: Any) -> Environ:
    """Makes a WSGI environment of a request."""
    url = urlsplit(request.url)
    environ = base_environ('sanic', ReceivedBody(request.body))
    environ.update({
        'REQUEST_METHOD': request.method,
        'PATH_INFO': url.path,
        'QUERY_STRING': url.query or '',
        'RAW_URI': request.url,
        'SERVER_PROTOCOL': f'HTTP/{request.version}',
        'sanic.request': request,
    })
    add_headers(environ, request.headers.items())
    connection = getattr(request, 'conn_info', None)
    add_addresses(environ, getattr(connection, 'peername', None), getattr(connection, 'sockname', None))
    add_scheme(environ, request.scheme)
    return environ


def make_response(status: str, headers: Sequence[tuple[str, str]], payload: bytes, environ: Environ) -> Any:
    """Makes the answer to a request."""
    response = HTTPResponse(body=payload, status=int(status.split()[0]))
    for name, value in headers:
        if name.lower() == 'content-type':
            response.content_type = value
        else:
            response.headers.add(name, value)
    return response


class WebSocket(AsyncWebSocket):
    """A WebSocket connection of Sanic."""

    async def _open(self) -> bool:
        request = self.environ['sanic.request']
        protocol = WsCodec.choose_protocol(self.environ.get('HTTP_SEC_WEBSOCKET_PROTOCOL'))
        host = request.transport.get_protocol()
        # Limits come with the application's configuration otherwise.
        host.websocket_max_size = int(self.server.max_http_buffer_size)
        self._sock = await host.websocket_handshake(request, [protocol] if protocol else None)
        self._open_state = self._sock.ws_proto.state
        return True

    async def _send(self, message: str | bytes) -> None:
        try:
            await self._sock.send(message)
        except OSError:
            raise
        except Exception as error:
            raise OSError('the WebSocket connection is closed') from error

    async def _receive(self) -> str | bytes:
        try:
            message = await self._sock.recv()
        except asyncio.CancelledError:
            # Sanic's way to say that the connection was closed.
            if self._sock.ws_proto.state is self._open_state:
                raise
            message = None
        except Exception:
            message = None
        if not isinstance(message, (bytes, str)):
            raise end_of(self._close_code())
        return message

    async def _close(self, code: int, reason: str) -> None:
        await self._sock.close(code, reason)

    def _result(self) -> Any:
        # The connection is no longer one for HTTP: Sanic drops this answer.
        return self.server._ok()

    def _close_code(self) -> int | None:
        """The code that Sanic closed the connection with, if it was not the client who began."""
        protocol = self._sock.ws_proto
        began = protocol.close_sent and not protocol.close_rcvd_then_sent
        return protocol.close_sent.code if began else None


_async = {
    'asyncio': True,
    'create_route': create_route,
    'end_together': end_together,
    'translate_request': translate_request,
    'make_response': make_response,
    'websocket': WebSocket if WebSocketProtocol else None,
}
