"""Where WSGI servers keep the socket of a request, and how to leave a request whose socket was taken."""

import errno
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

Environ = dict[str, Any]


@dataclass
class TakenSocket:
    """The client's connection, taken from the server that accepted it."""

    #: The socket, or the number of its descriptor, where the server has no socket object.
    sock: socket.socket | int
    #: What the server has read of what follows the request.
    early: bytes
    #: Makes the return value of the WSGI application, or raises what stands for it, so that the server writes nothing.
    leave: Callable[[], list[bytes]]


def take_socket(environ: Environ) -> TakenSocket | None:
    """Takes the socket of a request. ``None`` where the server does not hand it out."""
    for find, take in _HOSTS:
        sock = find(environ)
        if sock is not None:
            return take(environ, sock)
    return None


def socket_of(environ: Environ) -> socket.socket | int | None:
    """The socket of a request, which stays the server's, as in ``TakenSocket``."""
    for find, _ in _HOSTS:
        sock: socket.socket | int | None = find(environ)
        if sock is not None:
            return sock
    return None


def cut_input(sock: socket.socket | int) -> None:
    """Shuts down the reading half of a socket, below whatever TLS makes of it."""
    try:
        plain = socket.socket(fileno=sock if isinstance(sock, int) else sock.fileno())
    except (OSError, ValueError):
        # The server has closed it.
        return
    try:
        plain.shutdown(socket.SHUT_RD)
    except OSError:
        # The client is gone.
        pass
    finally:
        plain.detach()


def lingers(environ: Environ, status: str) -> bool:
    """Returns whether the server waits for a client to close a connection on which nothing more is to come.

    gunicorn does, for up to two seconds, in the thread that accepts connections and that ends the process.
    """
    if _gunicorn_socket(environ) is None:
        return False
    is_last = environ.get('HTTP_CONNECTION', '').lower() == 'close' or environ.get('SERVER_PROTOCOL') == 'HTTP/1.0'
    # A body that was refused may still be on its way, and would destroy the answer.
    return is_last and (environ['REQUEST_METHOD'] == 'GET' or status.startswith('200'))


def end_input(environ: Environ) -> None:
    """Spares gunicorn the wait for a client that has its last answer; does nothing in other servers."""
    sock = _gunicorn_socket(environ)
    if sock is not None:
        cut_input(sock)


def _gunicorn_socket(environ: Environ) -> Any:
    return environ.get('gunicorn.socket')


def _take_from_gunicorn(environ: Environ, sock: Any) -> TakenSocket:
    return TakenSocket(sock, _gunicorn_read_ahead(environ.get('wsgi.input')), _stop)


def _werkzeug_socket(environ: Environ) -> Any:
    return environ.get('werkzeug.socket')


def _take_from_werkzeug(environ: Environ, sock: Any) -> TakenSocket:
    return TakenSocket(sock, _read_ahead(environ.get('wsgi.input'), sock), _drop)


def _eventlet_socket(environ: Environ) -> Any:
    source = environ.get('eventlet.input')
    return None if source is None else source.get_socket()


def _take_from_eventlet(environ: Environ, sock: Any) -> TakenSocket:
    return TakenSocket(sock, _read_ahead(getattr(environ['eventlet.input'], 'rfile', None), sock), _already_handled)


def _uwsgi_socket(environ: Environ) -> Any:
    uwsgi = sys.modules.get('uwsgi')
    return None if uwsgi is None or 'uwsgi.version' not in environ else uwsgi.connection_fd()


def _take_from_uwsgi(environ: Environ, sock: Any) -> TakenSocket:
    return TakenSocket(sock, b'', _return)


def _file(environ: Environ) -> Any:
    """Returns the file over the socket that the body is read from, for servers that have one.

    gevent.pywsgi and cheroot keep it as ``rfile``, Django's ``runserver`` as what a method belongs to; ``wsgiref`` hands
    it out as it is.
    """
    source = environ.get('wsgi.input')
    for _ in range(_MOST_WRAPPERS):
        inner = getattr(source, 'rfile', None) or getattr(getattr(source, '_read', None), '__self__', None)
        if inner is None:
            break
        source = inner
    return source


#: How many objects may lie around the file over the socket.
_MOST_WRAPPERS = 4


def _socket_of_file(environ: Environ) -> Any:
    return getattr(getattr(_file(environ), 'raw', None), '_sock', None)


def _take_from_file(environ: Environ, sock: Any) -> TakenSocket:
    rfile = _file(environ)
    early = _read_ahead(rfile, sock)
    if type(environ.get('wsgi.input')).__module__.startswith('gevent.'):
        return TakenSocket(sock, early, partial(_leave_gevent, rfile))
    return TakenSocket(sock, early, partial(_leave_file, rfile))


def _leave_gevent(rfile: Any) -> list[bytes]:
    # Otherwise the server would take what the client still sends for another request.
    rfile.close()
    return []


def _leave_file(rfile: Any) -> list[bytes]:
    """Makes the server believe that the client has reset the connection, which none of them complains about.

    A server that looks for another request all the same comes to the end of the stream.
    """
    rfile.raw._sock = _EndedSocket(rfile.raw._sock)
    raise ConnectionResetError(errno.ECONNRESET, 'the connection became a WebSocket, which has ended')


class _EndedSocket:
    """A socket that has nothing more to be read, in the place of the one that became a WebSocket."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv_into(self, buffer: Any) -> int:
        """Reads nothing."""
        return 0


#: For each server what finds the socket, and what takes it.
_HOSTS: tuple[tuple[Callable[[Environ], Any], Callable[[Environ, Any], TakenSocket]], ...] = (
    (_gunicorn_socket, _take_from_gunicorn),
    (_werkzeug_socket, _take_from_werkzeug),
    (_eventlet_socket, _take_from_eventlet),
    (_uwsgi_socket, _take_from_uwsgi),
    (_socket_of_file, _take_from_file),
)


def _gunicorn_read_ahead(body: Any) -> bytes:
    unreader = getattr(getattr(body, 'reader', None), 'unreader', None)
    if unreader is None:
        return b''
    early: bytes = unreader.buf.getvalue()
    # The server must not take them for the next request.
    unreader.buf.seek(0)
    unreader.buf.truncate()
    return early


def _read_ahead(rfile: Any, sock: socket.socket) -> bytes:
    """What a buffered file over the socket holds, without waiting for more."""
    if not hasattr(rfile, 'peek'):
        return b''
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        early: bytes = rfile.read(len(rfile.peek()))
    except OSError:
        # A TLS socket says so when there is nothing to read yet.
        early = b''
    finally:
        sock.settimeout(timeout)
    return early


def _stop() -> list[bytes]:
    raise StopIteration


def _drop() -> list[bytes]:
    raise ConnectionError('the connection became a WebSocket, which has ended')


def _already_handled() -> list[bytes]:
    wsgi = sys.modules.get('eventlet.wsgi')
    if wsgi is not None:
        wsgi.WSGI_LOCAL.already_handled = True
    return []


def _return() -> list[bytes]:
    return []
