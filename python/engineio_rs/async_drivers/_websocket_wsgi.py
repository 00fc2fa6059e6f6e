"""WebSocket for WSGI servers: over the socket that the server accepted, with our own frames."""

import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from .. import _seams
from .._core import WsCodec
from ._handshake import extra_headers
from ._streams import PlainStream, Stream, stream_of
from ._wsgi_hosts import Environ, TakenSocket, take_socket

#: How long the peer has for its half of the closing handshake, in seconds.
LINGER = 1.0


class WebSocketError(OSError):
    """The peer broke a rule of the WebSocket protocol, and the connection was closed.

    ``code`` is the close code that it was told: 1009 if a message was longer than ``max_http_buffer_size``.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Lock(Protocol):
    """What the locks of all async modes have in common."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Takes the lock, if it gets it."""

    def release(self) -> None:
        """Gives it back."""


class WebSocketWSGI:
    """A WebSocket connection of a WSGI server, for a server of any async mode.

    :param handler: called with this object when the handshake is in order; when it returns, the connection ends. The
                    client is answered when the handler waits, sends, closes or returns, and knows nothing of the
                    connection until then.
    :param server: the Engine.IO server. Its ``max_http_buffer_size`` limits the messages received, and is read anew
                   for each; ``start_background_task`` and ``create_event`` are used when the connection is closed.

    The object is called as a WSGI application. One task calls ``wait``; ``send`` and ``close`` may be called by any.
    """

    #: It needs the socket of the web server's connection.
    takes_socket = True

    def __init__(self, handler: Callable[['WebSocketWSGI'], Any], server: Any) -> None:
        self.app = handler
        self.server = server
        self.environ: Environ = {}
        self._codec = WsCodec('server', max_message_size=int(server.max_http_buffer_size))
        self._messages: deque[str | bytes] = deque()
        self._lock = self._create_lock()
        self._stream: Stream
        #: The answer to the handshake as long as it has not been written, and what came behind the request.
        self._greeting = self._early = b''
        self._closing = False
        #: Called after the lock was held to answer the peer.
        self.flush: Callable[[], None] | None = None
        self._finished = server.create_event()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Any:
        """Prepares the answer to the handshake, runs the handler and ends the connection.

        Returns what the WSGI server has to be given, or raises what tells it that the connection is not its own any
        more. Where there is no WebSocket to be had, the result is a reply as the server's ``_bad_request`` makes it.
        """
        refusal = WsCodec.refusal(environ)
        if refusal is not None:
            return refusal.reply()
        taken = take_socket(environ)
        if taken is None:
            return self.server._bad_request('The WebSocket transport is not available')
        self.environ = environ
        with self._socket_of(taken) as sock:
            self._open(sock, taken.early)
            try:
                self.app(self)
            finally:
                self._finish()
        return taken.leave()

    @_seams.original
    def send(self, message: str | bytes) -> None:
        """Sends a message, as text or binary. Waits while the peer does not read.

        Raises ``OSError`` if the connection is closed. Can be called from any thread.
        """
        self._run(lambda: self._write(self._codec.frame(message)))

    @_seams.original
    def wait(self) -> str | bytes | None:
        """Waits for the next message: ``str`` or ``bytes``, or ``None`` once the connection is closed.

        Raises ``WebSocketError`` if the peer broke the protocol or sent a message that is too long.
        """
        return self._messages.popleft() if self._has_message() else None

    @_seams.original
    def close(self, code: int = 1000, reason: str = '') -> None:
        """Closes the connection; ``wait`` returns ``None`` from now on.

        Does not wait for the peer, which has a second to answer. Can be called more than once and from any thread.
        """
        self._run(lambda: self._close(code, reason))

    def leave(self, code: int = 1000) -> None:
        """Tells the peer that nothing more comes, and goes on receiving until it closes, too, or ``abandon`` is called."""
        self._run(lambda: self._leave(code))

    def abandon(self) -> None:
        """Ends the connection; ``wait`` returns ``None`` from now on."""
        self._closing = True
        self._run(self._stream.end)

    # For who has to do with many messages at a time.

    @property
    def can_exchange(self) -> bool:
        """Whether the three methods that follow can be used: whether the socket can be written without waiting."""
        return type(self._stream) is PlainStream and PlainStream.can_write_now

    def wait_for_all(self) -> list[str | bytes]:
        """Waits for messages, and returns all that have come; none once the connection is closed.

        Raises as ``wait`` does.
        """
        self._has_message()
        messages = list(self._messages)
        self._messages.clear()
        return messages

    def try_to_write(self, take: Callable[[], list[str | bytes] | None]) -> tuple[list[str | bytes] | None, bytes]:
        """Writes what ``take`` gives, until it gives no messages or the peer does not read fast enough.

        Returns what it gave last, and what is left to be written. Who calls this holds ``_lock``.
        """
        self._greet()
        while messages := take():
            if self._codec.close_sent:
                raise OSError('the WebSocket connection is closed')
            frames = self._codec.frames(messages)
            written = self._stream.send_now(frames)
            if written < len(frames):
                return messages, frames[written:]
        return messages, b''

    # What the async modes differ in.

    def _create_lock(self) -> Lock:
        return threading.Lock()

    def _create_socket(self, descriptor: int) -> socket.socket:
        return socket.socket(fileno=descriptor)

    def _run(self, function: Callable[[], None]) -> None:
        """Runs a function that uses the socket where that is allowed, and returns when it is done."""
        function()

    def run_soon(self, function: Callable[[], None]) -> None:
        """Runs a function that uses the socket where that is allowed, and need not wait until it is done."""
        function()

    # The rest is the same for all.

    @contextmanager
    def _socket_of(self, taken: TakenSocket) -> Iterator[socket.socket]:
        """The socket, made of a descriptor where the server has only that."""
        if not isinstance(taken.sock, int):
            yield taken.sock
            return
        with self._create_socket(os.dup(taken.sock)) as sock:
            yield sock

    def _open(self, sock: socket.socket, early: bytes) -> None:
        self._stream = stream_of(sock)
        # A client that reads nothing for so long answers no pings either; whoever writes must not wait for ever.
        self._stream.set_timeout(float(self.server.ping_interval + self.server.ping_timeout))
        key, offered = self.environ['HTTP_SEC_WEBSOCKET_KEY'], self.environ.get('HTTP_SEC_WEBSOCKET_PROTOCOL')
        self._greeting = WsCodec.handshake_response(key, offered, extra_headers(self.environ))
        self._early = early

    def _greet(self) -> None:
        """Answers the handshake before anything else is written. Who calls this holds ``_lock``.

        By now the session knows of this WebSocket. A client that was answered before could connect a second one, and
        that could come first.
        """
        greeting, self._greeting = self._greeting, b''
        if greeting:
            self._stream.send(greeting)

    def _begin_to_read(self) -> None:
        """Answers the handshake, and takes what came with it."""
        self._lock.acquire()
        try:
            self._greet()
        except (OSError, ValueError):
            # The client is gone already: the handler learns of it as it waits.
            self._closing = True
        finally:
            self._lock.release()
        early, self._early = self._early, b''
        if early and not self._closing:
            self._take(early)

    def _has_message(self) -> bool:
        """Waits for a message; false once the connection is closed."""
        if self._greeting or self._early:
            self._begin_to_read()
        while not self._messages:
            if not self._receive():
                self._raise_failure()
                return False
        return True

    def _receive(self) -> bool:
        """Waits for bytes and takes them; false if nothing more comes."""
        if self._closing or self._codec.ended:
            return False
        data = self._read()
        if data and not self._closing:
            self._take(data)
        return data != b'' and not self._closing

    def _read(self) -> bytes | None:
        """Reads what has come: nothing at the end of the stream, ``None`` when the time is over."""
        try:
            return self._stream.recv()
        except TimeoutError:
            return None
        except (OSError, ValueError):
            # A TLS socket that was shut down meanwhile raises a ValueError.
            return b''

    def _take(self, data: bytes) -> None:
        """Takes bytes that were read, and answers pings and the peer's end."""
        self._codec.max_message_size = int(self.server.max_http_buffer_size)
        self._messages.extend(self._codec.receive(data))
        answer = self._codec.take_output()
        if answer:
            self._lock.acquire()
            self._write_last(answer)
            if self.flush is not None:
                self.flush()

    def _raise_failure(self) -> None:
        """Raises what the peer has done wrong, if that was the end."""
        error = self._codec.error
        if error and not self._closing:
            raise WebSocketError(*error)

    def _write(self, frame: bytes) -> None:
        self._lock.acquire()
        try:
            if self._codec.close_sent:
                raise OSError('the WebSocket connection is closed')
            self._greet()
            self._stream.send(frame)
        finally:
            self._lock.release()

    def _write_last(self, frames: bytes) -> None:
        """Writes what needs no answer, with the lock held, which it gives back."""
        try:
            self._greet()
            self._stream.send(frames)
        except (OSError, ValueError):
            # The reader learns of it by itself.
            pass
        finally:
            self._lock.release()

    def _close(self, code: int, reason: str) -> None:
        goodbye = self._codec.close(code, reason)
        if not goodbye:
            return
        self._closing = True
        if self._lock.acquire(False):
            self._write_last(goodbye)
            self._stream.end_writing()
            self.server.start_background_task(self._expire)
        else:
            # Someone is writing and may be stuck in it, which must not keep the caller.
            self.server.start_background_task(self._close_late, goodbye)

    def _leave(self, code: int) -> None:
        goodbye = self._codec.close(code)
        if goodbye and self._lock.acquire(False):
            self._write_last(goodbye)
        elif goodbye:
            self.server.start_background_task(self._leave_late, goodbye)

    def _leave_late(self, goodbye: bytes) -> None:
        if self._lock.acquire(timeout=LINGER):
            self._write_last(goodbye)

    def _close_late(self, goodbye: bytes) -> None:
        if self._lock.acquire(timeout=LINGER):
            self._write_last(goodbye)
            self._stream.end_writing()
            self._expire()
        else:
            self._stream.end()

    def _expire(self) -> None:
        """Wakes up who still waits for a peer that does not answer the close frame."""
        if not self._finished.wait(timeout=LINGER):
            self._stream.end()

    def _finish(self) -> None:
        """Ends the connection as the handler has ended."""
        self._stream.set_timeout(LINGER)
        goodbye = self._codec.close()
        if self._lock.acquire(timeout=LINGER):
            self._write_last(goodbye)
            self._stream.end_writing()
            self._discard()
        self._finished.set()
        self._stream.end()

    def _discard(self) -> None:
        """Reads on for a while: data that nobody reads would destroy the close frame on its way to the peer."""
        deadline = time.monotonic() + LINGER
        while self._codec.close_code is None and time.monotonic() < deadline:
            data = self._read()
            if not data:
                return
            self._codec.receive(data)
