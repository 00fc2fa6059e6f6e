"""The short way of messages between a WebSocket and the handlers, for threads and greenlets."""

from typing import Any

from ._exchange import BaseExchange
from ._turns import Turn


class Exchange(BaseExchange):
    """Moves messages between a session and its WebSocket, for threads and greenlets.

    The thread of the connection receives messages, and runs the handlers unless they may overlap. Whoever queues a
    message writes it, without waiting. A task of its own writes only as long as the client reads too slowly for that.
    """

    def run(self) -> None:
        """Goes on until the WebSocket or the session is over."""
        websocket = self._websocket
        websocket._stream.set_timeout(None)
        websocket.flush = self.flush
        self.flush()
        turn = Turn()
        try:
            while (self._leaving or not self._closed) and (messages := websocket.wait_for_all()):
                turn.work()
                for data in messages:
                    self._receive(data)
                    if turn.is_over():
                        self._server.sleep(0)
        except Exception as error:
            self._lost(error)

    def wake(self) -> None:
        """See ``BaseExchange``."""
        self._websocket.run_soon(self.flush)

    def flush(self) -> None:
        """Writes what can leave, unless somebody is at it, who looks for more before ending."""
        if self._leaving:
            self._end_leaving()
        lock, has_frames, link = self._websocket._lock, self._session.has_frames, self._link
        while not self._closed and has_frames(link) and lock.acquire(False):
            if not self._write():
                return

    def finish(self) -> None:
        """Sends what is left, once nothing more is read, and closes the WebSocket."""
        self._leaving = False
        self.flush()

    # Reading.

    def _receive(self, data: Any) -> None:
        server, in_order = self._server, not self._server.async_handlers
        fed = self._feed(data, in_order)
        if type(fed) is not tuple:
            self._attend(fed)
        elif 'message' not in server.handlers:
            self._settle(in_order, fed[1])
        elif in_order:
            self._handle(fed[0])
        else:
            server._start_handler(self._socket._handle_apart, *fed)
            if self._session.hands_full:
                self._socket._wait_to_read()

    def _attend(self, fed: str) -> None:
        """Does what follows from anything but a message that is to be handled."""
        socket = self._socket
        if fed == 'pong':
            socket.schedule_ping()
        socket._notify()
        socket._deliver_now()
        # Somebody else may be delivering, and behind with it.
        socket._wait_to_read()

    # Handlers.

    def _handle(self, data: Any) -> None:
        """Handles a message before anything that follows it."""
        try:
            self._server._call_handler('message', self._socket.sid, data)
        except BaseException:
            self._session.end_delivery()
            raise
        self._settle(True, 0)

    def _settle(self, in_order: bool, weight: int) -> None:
        if not in_order:
            self._session.handled(weight)
        elif self._session.settle():
            self._socket._deliver_rest()

    # Writing. The WebSocket's lock is held, and given back.

    def _write(self) -> bool:
        """Writes what can be written without waiting. Returns whether the lock was given back."""
        try:
            taken, rest = self._websocket.try_to_write(self._next_frames)
        except Exception as error:
            self._log_failure(error)
            taken, rest = [], b''
        if rest:
            self._server.start_background_task(self._write_slowly, rest)
            return False
        self._websocket._lock.release()
        if taken is not None:
            self._close()
        return True

    def _write_slowly(self, rest: bytes) -> None:
        """Waits for the client to read, as long as it answers pings."""
        websocket, server = self._websocket, self._server
        try:
            websocket._stream.set_timeout(float(server.ping_interval + server.ping_timeout))
            websocket._stream.send(rest)
            websocket._stream.set_timeout(None)
        except Exception as error:
            self._log_failure(error)
            websocket._lock.release()
            self._close()
        else:
            websocket._lock.release()
            self.flush()

    def _close(self) -> None:
        self._leaving = self._session.is_draining
        self._closed = True
        try:
            if self._leaving:
                self._websocket.leave(self._session.close_code)
            else:
                self._websocket.close(self._session.close_code)
        except Exception as error:
            self._log_failed_close(error)

    def _end_leaving(self) -> None:
        """Wakes up who reads, if the session is not read any more."""
        if not self._session.is_draining:
            self._leaving = False
            self._websocket.abandon()
