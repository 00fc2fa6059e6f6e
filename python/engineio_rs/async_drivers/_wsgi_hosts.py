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
    for take in _HOSTS:
        taken = take(environ)
        if taken is not None:
            return taken
    return None


def _take_from_gunicorn(environ: Environ) -> TakenSocket | None:
    sock = environ.get('gunicorn.socket')
    if sock is None:
        return None
    return TakenSocket(sock, _gunicorn_read_ahead(environ.get('wsgi.input')), _stop)


def _take_from_werkzeug(environ: Environ) -> TakenSocket | None:
    sock = environ.get('werkzeug.socket')
    if sock is None:
        return None
    return TakenSocket(sock, _read_ahead(environ.get('wsgi.input'), sock), _drop)


def _take_from_eventlet(environ: Environ) -> TakenSocket | None:
    source = environ.get('eventlet.input')
    if source is None:
        return None
    sock = source.get_socket()
    return TakenSocket(sock, _read_ahead(getattr(source, 'rfile', None), sock), _already_handled)


def _take_from_uwsgi(environ: Environ) -> TakenSocket | None:
    uwsgi = sys.modules.get('uwsgi')
    if uwsgi is None or 'uwsgi.version' not in environ:
        return None
    return TakenSocket(uwsgi.connection_fd(), b'', _return)


def _take_from_file(environ: Environ) -> TakenSocket | None:
    """gevent.pywsgi: the request's body is a file over the socket."""
    source = environ.get('wsgi.input')
    rfile: Any = getattr(source, 'rfile', source)
    sock = getattr(getattr(rfile, 'raw', None), '_sock', None)
    if sock is None:
        return None

    def leave() -> list[bytes]:
        # Otherwise the server would take what the client still sends for another request.
        rfile.close()
        return []

    return TakenSocket(sock, _read_ahead(rfile, sock), leave)


_HOSTS = (_take_from_gunicorn, _take_from_werkzeug, _take_from_eventlet, _take_from_uwsgi, _take_from_file)


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
