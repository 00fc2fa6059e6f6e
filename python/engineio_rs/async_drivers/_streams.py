"""Sockets that a WSGI server let go of, as streams that can be read and written at the same time."""

import selectors
import socket
import ssl
import threading
from typing import Protocol, cast

#: How much one read takes at most, in bytes.
READ_SIZE = 65536


class Stream(Protocol):
    """A connection's bytes. One task reads while another one writes; each call may wait."""

    def recv(self) -> bytes:
        """Waits for bytes; none at the end of the stream. Raises ``TimeoutError`` or another ``OSError``."""

    def send(self, data: bytes) -> None:
        """Writes all of it. Raises ``OSError``."""

    def set_timeout(self, seconds: float | None) -> None:
        """Limits how long each call from now on waits for the peer to send or take anything."""

    def send_now(self, data: bytes) -> int:
        """Writes what can be written at once, if the stream can do that. Returns how many bytes that were."""

    def end_writing(self) -> None:
        """Tells the peer that nothing more comes; reading goes on."""

    def end(self) -> None:
        """Ends both directions. Whoever waits in another call is woken up, and so is the server that reads next."""


def stream_of(sock: socket.socket) -> Stream:
    """The stream of a socket that is blocking, or behaves so, as those of gevent and eventlet do."""
    if not hasattr(sock, 'cipher'):
        return PlainStream(sock)
    # The name of the class is looked at as the other libraries may have put theirs in its place.
    if type(sock).__module__ == 'ssl':
        return TlsStream(cast(ssl.SSLSocket, sock))
    return GreenTlsStream(sock)


class PlainStream:
    """A socket whose calls wait by themselves and may run at the same time."""

    #: Whether the system knows writing that does not wait, whatever the socket is set to.
    can_write_now = hasattr(socket, 'MSG_DONTWAIT')

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        # gevent and eventlet keep the socket that knows nothing of greenlets there.
        self._plain: socket.socket = getattr(sock, '_sock', None) or getattr(sock, 'fd', None) or sock
        sock.settimeout(None)
        disable_nagle(sock)

    def recv(self) -> bytes:
        """See ``Stream``."""
        return self._sock.recv(READ_SIZE)

    def send_now(self, data: bytes) -> int:
        """Writes what can be written at once. Returns how many bytes that were. For sockets without a time limit."""
        try:
            return self._plain.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def send(self, data: bytes) -> None:
        """See ``Stream``."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._sock.send(rest):]

    def set_timeout(self, seconds: float | None) -> None:
        """See ``Stream``."""
        self._sock.settimeout(seconds)

    def end_writing(self) -> None:
        """See ``Stream``."""
        shut_down(self._sock, socket.SHUT_WR)

    def end(self) -> None:
        """See ``Stream``."""
        shut_down(self._sock, socket.SHUT_RDWR)


class GreenTlsStream(PlainStream):
    """A TLS socket of gevent or eventlet, whose calls all run in one thread."""

    def end_writing(self) -> None:
        """See ``Stream``. The socket cannot be read any more once it is shut down, so that the close frame must do."""


class TlsStream:
    """A TLS socket of the standard library.

    OpenSSL does not allow two threads in one connection, so that a thread which waits for input would keep all others
    from writing. Here no thread waits inside of it.
    """

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._timeout: float | None = None
        sock.settimeout(0)
        disable_nagle(sock)

    def recv(self) -> bytes:
        """See ``Stream``."""
        while True:
            try:
                with self._lock:
                    return self._sock.recv(READ_SIZE)
            except ssl.SSLWantReadError:
                self._wait(selectors.EVENT_READ)
            except ssl.SSLWantWriteError:
                self._wait(selectors.EVENT_WRITE)

    def send(self, data: bytes) -> None:
        """See ``Stream``."""
        rest = memoryview(data)
        while rest:
            try:
                with self._lock:
                    rest = rest[self._sock.send(rest):]
            except ssl.SSLWantReadError:
                self._wait(selectors.EVENT_READ)
            except ssl.SSLWantWriteError:
                self._wait(selectors.EVENT_WRITE)

    def send_now(self, data: bytes) -> int:
        """See ``Stream``. TLS cannot: what it has begun to write it has to end."""
        return 0

    def set_timeout(self, seconds: float | None) -> None:
        """See ``Stream``."""
        self._timeout = seconds

    def end_writing(self) -> None:
        """See ``Stream``. The socket cannot be read any more once it is shut down, so that the close frame must do."""

    def end(self) -> None:
        """See ``Stream``."""
        with self._lock:
            shut_down(self._sock, socket.SHUT_RDWR)

    def _wait(self, event: int) -> None:
        with _Selector() as ready:
            ready.register(self._sock, event)
            if not ready.select(self._timeout):
                raise TimeoutError('the peer did not answer in time')


# Neither needs a descriptor of its own.
_Selector = getattr(selectors, 'PollSelector', selectors.SelectSelector)


def disable_nagle(sock: socket.socket) -> None:
    """Lets small frames out at once, where there is a network to wait for."""
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        pass


def shut_down(sock: socket.socket, how: int) -> None:
    """Shuts a socket down; that it is down already is fine."""
    try:
        sock.shutdown(how)
    except OSError:
        pass
