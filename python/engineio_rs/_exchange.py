"""What the short ways of messages share, for threads and for asyncio."""

import logging
from typing import Any

from . import packet


class BaseExchange:
    """Moves messages between a session and its WebSocket, where no method on the way was replaced.

    :param socket: the session's socket.
    :param websocket: the WebSocket that is its transport.
    :param link: the number of the WebSocket.
    """

    def __init__(self, socket: Any, websocket: Any, link: int) -> None:
        self._socket = socket
        self._server = socket.server
        self._session = socket._session
        self._websocket = websocket
        self._link = link
        #: The WebSocket is being closed, or was.
        self._closed = False
        #: It is read nevertheless, as the server stops.
        self._leaving = False

    def post(self, data: Any) -> bool:
        """Queues a message of the application's, if nothing speaks against it."""
        if not self._session.post(data):
            return False
        if self._server.logger.isEnabledFor(logging.INFO):
            self._socket._log('Sending', packet.Packet(packet.MESSAGE, data))
        self.wake()
        return True

    def wake(self) -> None:
        """Something may have been queued: it leaves soon. Can be called from any thread."""
        raise NotImplementedError

    def _next_frames(self) -> list[str | bytes] | None:
        """What can leave now, see the session's ``frames``. What was taken before was written."""
        frames: list[str | bytes] | None = self._session.frames(self._link)
        if self._socket._waiters:
            # Somebody may wait for the queue to be empty.
            self._socket._notify()
        return frames

    def _feed(self, data: Any, in_order: bool) -> Any:
        """Has the session take in what came; see its ``feed``."""
        server = self._server
        if server.logger.isEnabledFor(logging.INFO):
            self._log_received(data)
        return self._session.feed(self._link, data, int(server.max_http_buffer_size), in_order)

    def _log_received(self, data: Any) -> None:
        try:
            self._socket._log('Received', packet.Packet(encoded_packet=data))
        except ValueError:
            # What is no packet ends the session, which is logged elsewhere.
            pass

    def _lost(self, error: Exception) -> None:
        """The WebSocket failed while it was read."""
        socket = self._socket
        if not socket.closed:
            self._server.logger.info('%s: Unexpected error "%s", closing connection', socket._alias, error)
            self._session.bad_frame_of(self._link, getattr(error, 'code', None))

    def _log_failure(self, error: Exception) -> None:
        self._server.logger.info('%s: Cannot send, closing connection: %s', self._socket._alias, error)

    def _log_failed_close(self, error: Exception) -> None:
        self._server.logger.info('%s: Error while closing the connection: %s', self._socket._alias, error)
