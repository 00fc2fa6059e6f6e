"""Where WSGI servers keep the socket of a request, and how to leave a request whose socket was taken."""

import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
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
    """gevent.pywsgi and wsgiref: the request's body is a file over the socket."""
    source = environ.get('wsgi.input')
    return getattr(source, 'rfile', source)


def _socket_of_file(environ: Environ) -> Any:
    return getattr(getattr(_file(environ), 'raw', None), '_sock', None)


def _take_from_file(environ: Environ, sock: Any) -> TakenSocket:
    rfile = _file(environ)

    def leave() -> list[bytes]:
        # Otherwise the server would take what the client still sends for another request.
        rfile.close()
        return []

    return TakenSocket(sock, _read_ahead(rfile, sock), leave)


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
