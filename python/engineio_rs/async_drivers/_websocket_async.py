"""WebSocket for servers on asyncio, which speak it themselves."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from .. import _seams
from ._websocket_wsgi import WebSocketError

#: Bytes that a character can have in UTF-8.
_MAX_CHARACTER = 4

#: Close codes that tell of a broken rule.
_BROKEN_RULES = {1002: 'protocol error', 1003: 'unsupported data', 1007: 'invalid data', 1009: 'message too large'}


class AsyncWebSocket:
    """A WebSocket connection of a server on asyncio.

    :param handler: awaited with this object once the connection is open; when it returns, the connection ends.
    :param server: the Engine.IO server. Its ``max_http_buffer_size`` limits the messages received.

    The object is called with the environment of a request. One task awaits ``wait``; ``send`` and ``close`` may be
    awaited by any task, in the event loops of other threads too.
    """

    def __init__(self, handler: Callable[[Any], Awaitable[Any]], server: Any) -> None:
        self.handler = handler
        self.server = server
        self.environ: dict[str, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, environ: dict[str, Any]) -> Any:
        """Answers the handshake, runs the handler and ends the connection; returns what the web server wants."""
        self.environ = environ
        self._loop = asyncio.get_running_loop()
        if not await self._open():
            return self._result()
        try:
            await self.handler(self)
        finally:
            await self._close(1000, '')
        return self._result()

    @_seams.original
    async def send(self, message: str | bytes) -> None:
        """Sends a message, as text or binary. Raises ``OSError`` if the connection is closed."""
        await self._in_loop(self._send(message))

    @_seams.original
    async def wait(self) -> str | bytes:
        """Waits for the next message: ``str`` or ``bytes``.

        Raises ``OSError`` once the connection is closed: a ``WebSocketError`` if the peer broke the protocol or sent a
        message that is too long.
        """
        message = await self._receive()
        if exceeds(message, int(self.server.max_http_buffer_size)):
            await self._close(1009, 'message too large')
            raise WebSocketError(1009, 'message too large')
        return message

    @_seams.original
    async def close(self, code: int = 1000, reason: str = '') -> None:
        """Closes the connection. Can be called more than once."""
        await self._in_loop(self._close(code, reason))

    async def _in_loop(self, work: Coroutine[Any, Any, None]) -> None:
        """Does work in the loop of the connection."""
        if self._loop is None or asyncio.get_running_loop() is self._loop:
            await work
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    # What the web servers differ in.

    async def _open(self) -> bool:
        """Answers the handshake; false if the connection is not to be had."""
        raise NotImplementedError

    async def _send(self, message: str | bytes) -> None:
        raise NotImplementedError

    async def _receive(self) -> str | bytes:
        raise NotImplementedError

    async def _close(self, code: int, reason: str) -> None:
        raise NotImplementedError

    def _result(self) -> Any:
        raise NotImplementedError


def exceeds(message: str | bytes, limit: int) -> bool:
    """Whether a message has more bytes than the limit; characters need not be counted when there are few."""
    if isinstance(message, bytes):
        return len(message) > limit
    return len(message) * _MAX_CHARACTER > limit and len(message.encode()) > limit


def end_of(code: int | None) -> OSError:
    """The exception for a connection that was closed with this code."""
    if code in _BROKEN_RULES:
        return WebSocketError(code, _BROKEN_RULES[code])
    return OSError('the WebSocket connection is closed')
