"""The server's end of a session, for asyncio."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from . import _body, _seams, base_socket, packet
from ._async_exchange import AsyncExchange
from ._queue import AsyncSocketQueue
from ._waiters import FutureWaiter, Waiter
from .flows import T, arun


class AsyncSocket(base_socket.BaseSocket):
    """The server's end of a session. Made by the server; applications use the methods of ``AsyncServer``."""

    def __init__(self, server: Any, sid: str) -> None:
        super().__init__(server, sid)
        self.queue: Any = AsyncSocketQueue(self)

    @_seams.original
    async def poll(self) -> list[Any]:
        """Waits for packets that can be sent and takes them out. An empty list is the end of the session.

        Raises ``QueueEmpty`` if nothing came for as long as a client waits.
        """
        return await arun(self._poll())

    @_seams.original
    async def receive(self, pkt: packet.Packet) -> None:
        """Receives a packet from the client.

        Raises ``UnknownPacketError`` for one that clients do not send.
        """
        await arun(self._receive(pkt))

    @_seams.original
    async def check_ping_timeout(self) -> bool:
        """Whether the client still answers pings. If not, the session is closed.

        Raises ``SocketIsClosedError`` if it was closed before.
        """
        return await arun(self._check_ping_timeout())

    @_seams.original
    async def send(self, pkt: packet.Packet) -> None:
        """Sends a packet to the client.

        Raises ``SocketIsClosedError`` if the session is closed.
        """
        await arun(self._send(pkt))

    @_seams.original
    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """Answers a GET: with packets for a poll, with what the web server is to be given for a WebSocket.

        Raises ``QueueEmpty`` or another ``EngineIOError`` for a poll that is refused.
        """
        return await arun(self._handle_get_request(environ))

    @_seams.original
    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Receives the packets of a POST.

        Raises ``ContentTooLongError`` or another ``EngineIOError`` for a POST that is refused.
        """
        await arun(self._handle_post_request(environ))

    @_seams.original
    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        """Closes the session, if it is not closed.

        :param wait: whether to wait until what can leave has left.
        :param abort: whether to leave the client without a last packet.
        :param reason: what the disconnect handler is told; by default that the server closed the session.
        """
        await arun(self._close(wait, abort, reason))

    @_seams.original
    async def _send_ping(self) -> None:
        await arun(self._ping())

    async def _upgrade_websocket(self, environ: Any) -> Any:
        self._check_upgrade()
        opened = self._open_websocket(self._websocket_handler, environ)
        return await opened if hasattr(opened, '__await__') else opened

    @_seams.original
    async def _websocket_handler(self, ws: Any) -> list[Any]:
        return await arun(self._handle_websocket(ws))

    async def _refuse_websocket(self, ws: Any) -> list[Any]:
        """Lets a WebSocket be closed that the session has no use for."""
        return []

    async def _write(self, ws: Any) -> None:
        await arun(self._write_packets(ws))

    async def _deliver_now(self) -> None:
        await arun(self._deliver())

    async def _deliver_rest(self) -> None:
        await arun(self._deliver_on())

    async def _wait_to_read(self) -> None:
        await arun(self._until_reading())

    async def _handle_apart(self, data: Any, weight: int) -> None:
        try:
            await self.server._call_handler('message', self.sid, data)
        finally:
            self._handled(weight)

    def _create_exchange(self, websocket: Any, link: int) -> AsyncExchange | None:
        if self.queue.taken or _seams.are_replaced(self.server, self, websocket):
            return None
        return AsyncExchange(self, websocket, link)

    def _create_waiter(self) -> Waiter:
        return FutureWaiter()

    def _watch(self, environ: dict[str, Any]) -> asyncio.Task[None] | None:
        receive = environ.get('asgi.receive')
        return None if receive is None else asyncio.ensure_future(self._await_departure(receive))

    async def _await_departure(self, receive: Any) -> None:
        while (await receive())['type'] != 'http.disconnect':
            pass
        self._session.abort_poll()
        self._notify()

    def _read_body(self, environ: dict[str, Any], length: int | None, limit: int) -> Coroutine[Any, Any, bytes]:
        return _Reading(self.server).run(arun(_body.read(environ['wsgi.input'], length, limit)), _body.TIMEOUT)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _join(self, task: asyncio.Task[Any]) -> None:
        await task


class _Reading:
    """A body that is read in a limited time, which can be cut short."""

    def __init__(self, server: Any) -> None:
        self._reads: set[Any] = getattr(server, '_reads', set())
        #: Ends the reading at once.
        self.cut_soon: Callable[[], Any]

    async def run(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
        """Reads. Raises ``TimeoutError`` if that takes too long, or is cut."""
        self._reads.add(self)
        try:
            return await (self._run if sys.version_info >= (3, 11) else self._run_apart)(coroutine, seconds)
        finally:
            self._reads.discard(self)

    async def _run(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
        async with asyncio.timeout(seconds) as limit:  # type: ignore[attr-defined,unused-ignore]
            self.cut_soon = partial(limit.reschedule, 0)
            return await coroutine

    async def _run_apart(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
        """The same before Python 3.11, with a task, which takes longer than what it watches."""
        task = asyncio.ensure_future(coroutine)
        self.cut_soon = task.cancel
        try:
            await asyncio.wait([task], timeout=seconds)
            if task.cancelled() or not task.done():
                raise TimeoutError
            return task.result()
        finally:
            task.cancel()
