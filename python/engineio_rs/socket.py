"""The server's end of a session, for threads and greenlets."""

from contextlib import nullcontext
from typing import Any

from . import _body, _seams, base_socket, packet
from ._queue import SocketQueue
from ._sync_exchange import Exchange
from ._waiters import QueueWaiter, Waiter
from .flows import run


class Socket(base_socket.BaseSocket):
    """The server's end of a session. Made by the server; applications use the methods of ``Server``."""

    def __init__(self, server: Any, sid: str) -> None:
        super().__init__(server, sid)
        self.queue: Any = SocketQueue(self)

    @_seams.original
    def poll(self) -> list[Any]:
        """Waits for packets that can be sent and takes them out. An empty list is the end of the session.

        Raises ``QueueEmpty`` if nothing came for as long as a client waits.
        """
        return run(self._poll())

    @_seams.original
    def receive(self, pkt: packet.Packet) -> None:
        """Receives a packet from the client.

        Raises ``UnknownPacketError`` for one that clients do not send.
        """
        run(self._receive(pkt))

    @_seams.original
    def check_ping_timeout(self) -> bool:
        """Whether the client still answers pings. If not, the session is closed.

        Raises ``SocketIsClosedError`` if it was closed before.
        """
        return run(self._check_ping_timeout())

    @_seams.original
    def send(self, pkt: packet.Packet) -> None:
        """Sends a packet to the client.

        Raises ``SocketIsClosedError`` if the session is closed.
        """
        run(self._send(pkt))

    @_seams.original
    def handle_get_request(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answers a GET: with packets for a poll, with what the WSGI server is to be given for a WebSocket.

        Raises ``QueueEmpty`` or another ``EngineIOError`` for a poll that is refused.
        """
        return run(self._handle_get_request(environ, start_response))

    @_seams.original
    def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Receives the packets of a POST.

        Raises ``ContentTooLongError`` or another ``EngineIOError`` for a POST that is refused.
        """
        run(self._handle_post_request(environ))

    @_seams.original
    def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        """Closes the session, if it is not closed.

        :param wait: whether to wait until what can leave has left.
        :param abort: whether to leave the client without a last packet.
        :param reason: what the disconnect handler is told; by default that the server closed the session.
        """
        run(self._close(wait, abort, reason))

    @_seams.original
    def _send_ping(self) -> None:
        run(self._ping())

    def _upgrade_websocket(self, environ: Any, start_response: Any) -> Any:
        self._check_upgrade()
        return self._open_websocket(self._websocket_handler, environ, start_response)

    @_seams.original
    def _websocket_handler(self, ws: Any) -> list[Any]:
        return run(self._handle_websocket(ws))

    def _refuse_websocket(self, ws: Any) -> list[Any]:
        """Lets a WebSocket be closed that the session has no use for."""
        return []

    def _write(self, ws: Any) -> None:
        run(self._write_packets(ws))

    def _deliver_now(self) -> None:
        run(self._deliver())

    def _deliver_rest(self) -> None:
        run(self._deliver_on())

    def _create_exchange(self, websocket: Any, link: int) -> Exchange | None:
        if self.queue.taken or _seams.are_replaced(self.server, self, websocket) or not websocket.can_exchange:
            return None
        return Exchange(self, websocket, link)

    def _wait_to_read(self) -> None:
        run(self._until_reading())

    def _handle_apart(self, data: Any, weight: int) -> None:
        try:
            self.server._call_handler('message', self.sid, data)
        finally:
            self._handled(weight)

    def _create_waiter(self) -> Waiter:
        return QueueWaiter(self.server)

    def _read_body(self, environ: dict[str, Any], length: int | None, limit: int) -> bytes:
        time_limit = self._time_limit(_body.TIMEOUT, environ)
        reads: set[Any] = getattr(self.server, '_reads', set())
        reads.add(time_limit)
        try:
            with time_limit:
                return run(_body.read(environ['wsgi.input'], length, limit))
        finally:
            reads.discard(time_limit)

    def _time_limit(self, seconds: float, environ: dict[str, Any]) -> Any:
        """What limits the time of a ``with`` block that reads from the client of a request."""
        driver = self.server._async
        if 'time_limit' in driver:
            return driver['time_limit'](seconds, TimeoutError)
        limit = driver.get('read_limit')
        return nullcontext() if limit is None else limit(self.server, environ, seconds, TimeoutError)

    def _sleep(self, seconds: float) -> None:
        self.server.sleep(seconds)

    def _join(self, task: Any) -> None:
        task.join()
