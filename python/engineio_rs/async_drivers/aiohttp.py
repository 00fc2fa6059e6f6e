"""The async mode ``aiohttp``: aiohttp's web server."""

from collections.abc import Awaitable
from typing import Any

from aiohttp.web import Request, Response, WebSocketResponse, WSMsgType

from .._core import WsCodec
from . import _signals
from ._environ import Environ, add_addresses, add_headers, add_scheme, base_environ, spellings
from ._handshake import DRAINING, extra_headers
from ._hosting import Hosting
from ._websocket_async import AsyncWebSocket, end_of
from ._websocket_wsgi import LINGER


def create_route(app: Any, engineio_server: Any, engineio_endpoint: str) -> None:
    """Has an application lead the requests for a path to an Engine.IO server."""
    for path in spellings(engineio_endpoint):
        app.router.add_get(path, engineio_server.handle_request)
        app.router.add_post(path, engineio_server.handle_request)
        app.router.add_route('OPTIONS', path, engineio_server.handle_request)


def end_together(app: Any, hosting: Hosting) -> None:
    """Ends the server when an application ends, while that can still answer."""

    async def begin(_: Any) -> None:
        hosting.begin()
        _signals.defer('aiohttp.web_runner', hosting.end)

    app.on_startup.append(begin)
    app.on_shutdown.append(hosting.end)


def translate_request(request: Request) -> Environ:
    """Makes a WSGI environment of a request."""
    environ = base_environ('aiohttp', request.content)
    environ.update({
        'REQUEST_METHOD': request.method,
        'PATH_INFO': request.path,
        'QUERY_STRING': request.rel_url.raw_query_string,
        'RAW_URI': request.path_qs,
        'SERVER_PROTOCOL': f'HTTP/{request.version[0]}.{request.version[1]}',
        'aiohttp.request': request,
    })
    add_headers(environ, request.headers.items())
    transport = request.transport
    client = transport.get_extra_info('peername') if transport else None
    server = transport.get_extra_info('sockname') if transport else None
    add_addresses(environ, client, server)
    add_scheme(environ, request.scheme)
    return environ


def make_response(
    status: str, headers: Any, payload: bytes | None, environ: Environ
) -> Response | Awaitable[Response]:
    """Makes the answer to a request, or an awaitable of one that is to be written at once."""
    response = Response(body=payload, status=int(status.split()[0]), headers=headers)
    request = environ.get('aiohttp.request')
    if request is not None and _is_cut_off(request, response, environ):
        return _answer_for_good(request, response)
    return response


def _is_cut_off(request: Request, response: Response, environ: Environ) -> bool:
    return response.status == 408 or bool(environ.get(DRAINING) and not request.content.is_eof())


async def _answer_for_good(request: Request, response: Response) -> Response:
    """Answers a request whose body has not come and closes the connection: aiohttp would wait for the rest."""
    await response.prepare(request)
    await response.write_eof()
    request.protocol.force_close()
    return response


class WebSocket(AsyncWebSocket):
    """A WebSocket connection of aiohttp."""

    async def _open(self) -> bool:
        protocol = WsCodec.choose_protocol(self.environ.get('HTTP_SEC_WEBSOCKET_PROTOCOL'))
        self._answer: Any
        self._answer = self._response = WebSocketResponse(
            # A message of the limit's length is refused by aiohttp.
            max_msg_size=int(self.server.max_http_buffer_size) + 1,
            protocols=[protocol] if protocol else [],
            compress=False,
            timeout=LINGER,
            # It would answer a close frame with a code of its own.
            autoclose=False,
        )
        self._response.headers.extend(extra_headers(self.environ))
        try:
            await self._response.prepare(self.environ['aiohttp.request'])
        except ConnectionError:
            # The client is gone already: aiohttp does not complain that this answer does not reach it either.
            self._answer = Response(status=400)
            return False
        return True

    async def _send(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            await self._response.send_bytes(message)
        else:
            await self._response.send_str(message)

    async def _receive(self) -> str | bytes:
        message = await self._response.receive()
        if message.type is WSMsgType.CLOSE:
            await self._response.close(code=message.data or 1000, drain=False)
        if not isinstance(message.data, (bytes, str)):
            # The exception of an invalid or too long message has a code.
            raise end_of(getattr(message.data, 'code', None))
        return message.data

    async def _close(self, code: int, reason: str) -> None:
        await self._response.close(code=code, message=reason.encode())

    def _result(self) -> Any:
        return self._answer


_async = {
    'asyncio': True,
    'create_route': create_route,
    'end_together': end_together,
    'translate_request': translate_request,
    'make_response': make_response,
    'websocket': WebSocket,
}
