"""What cannot work in the host that a server finds itself in, said once, with the remedy.

Each check looks at a request and returns what is wrong, or None.
"""

import functools
import importlib.util
import sys
import threading
from typing import Any

from .async_drivers._wsgi_hosts import socket_of

Environ = dict[str, Any]

#: The async modes whose tasks are greenlets. uWSGI's own is chosen where there is uWSGI only.
_GREEN = ('gevent', 'eventlet')

_lock = threading.Lock()


def examine(server: Any, environ: Environ) -> None:
    """Looks at the first request of a server."""
    if not _is_of_host(environ):
        return
    with _lock:
        if server._examined:
            return
        _settle_mode(server, environ)
        for check in (wrong_mode, one_thread, hidden_socket, no_websocket_library):
            finding = check(server, environ)
            if finding is not None:
                server.logger.error(finding)
        server._examined = True


def can_reach_socket(server: Any, environ: Environ) -> bool:
    """Whether a WebSocket can be had in this host, as far as a request shows it."""
    if not _is_of_host(environ):
        return True
    if getattr(server._async.get('websocket'), 'takes_socket', False) is True:
        return socket_of(environ) is not None
    return not _is_bare_uvicorn(environ)


def rules_out(mode: str) -> bool:
    """Whether it is known already that the web server does not fit a mode that could be chosen."""
    return mode in _GREEN and 'gunicorn.workers.gthread' in sys.modules and not _is_patched()


def wrong_mode(server: Any, environ: Environ) -> str | None:
    """The async mode is not that of the web server."""
    fitting = _fitting_mode(server, environ)
    if fitting is None or fitting == server.async_mode:
        return None
    host = 'threads' if fitting == 'threading' else f'greenlets of {fitting}, unpatched'
    return (
        f'async_mode is {server.async_mode!r}, and this web server answers requests in {host}: clients would wait for '
        f'ever; make the server with async_mode={fitting!r}'
    )


def one_thread(server: Any, environ: Environ) -> str | None:
    """The web server answers one request at a time."""
    if server.async_mode != 'threading' or environ.get('wsgi.multithread') is not False:
        return None
    if _current_green() is not None or _is_patched():
        return None
    return (
        'this web server answers one request at a time (wsgi.multithread is False), so that each poll or WebSocket keeps '
        'all other clients waiting; give it threads: gunicorn --worker-class gthread --threads 100, uwsgi --threads 100, '
        'or threaded=True in Flask and werkzeug'
    )


def hidden_socket(server: Any, environ: Environ) -> str | None:
    """WebSockets are wanted, and cannot be had of a WSGI server."""
    if environ.get('wsgi.async') or not _wants_websocket(server) or can_reach_socket(server, environ):
        return None
    name = environ.get('SERVER_SOFTWARE') or 'this web server'
    return (
        f'{name} does not hand out the sockets of its clients, so that there is no WebSocket transport: clients stay on '
        "long-polling; make the server with transports=['polling'] if that is enough, or use gunicorn, werkzeug, gevent, "
        'eventlet or uWSGI'
    )


def no_websocket_library(server: Any, environ: Environ) -> str | None:
    """WebSockets are wanted, and the ASGI server lacks what it speaks them with."""
    if not _wants_websocket(server) or not _is_bare_uvicorn(environ):
        return None
    return (
        'uvicorn has no library for WebSockets, so that clients stay on long-polling: pip install websockets, or make the '
        "server with transports=['polling'] if that is enough"
    )


def odd_origins(texts: list[str]) -> str | None:
    """Origins that no browser sends."""
    if not texts:
        return None
    return (
        f'cors_allowed_origins has {", ".join(map(repr, texts))}, which no page can match; expected '
        "scheme://host or scheme://host:port, as in 'https://app.example'"
    )


def _is_of_host(environ: Environ) -> bool:
    """Whether a web server has made a request, and not a program that tests the application: that shows nothing."""
    is_test = 'paste.testing' in environ or str(environ.get('HTTP_USER_AGENT')).startswith('Werkzeug/')
    return 'wsgi.version' in environ and not is_test


def _wants_websocket(server: Any) -> bool:
    return 'websocket' in server.transports and bool(server.allow_upgrades or server.transports == ['websocket'])


def _is_bare_uvicorn(environ: Environ) -> bool:
    """Whether uvicorn serves without a library for WebSockets."""
    host = type(getattr(environ.get('asgi.receive'), '__self__', None)).__module__
    if not host.startswith('uvicorn.protocols.http'):
        return False
    return not _has_websocket_library()


@functools.lru_cache(maxsize=1)
def _has_websocket_library() -> bool:
    return any(importlib.util.find_spec(library) for library in ('websockets', 'wsproto'))


def _settle_mode(server: Any, environ: Environ) -> None:
    """Takes the mode that fits where the application has not asked for one, and the first that was installed does not."""
    fitting = _fitting_mode(server, environ)
    if fitting is None or fitting == server.async_mode or server._mode_is_wanted or server.sockets:
        return
    chosen = server.async_mode
    server._take_mode(fitting)
    server.logger.warning(
        'async_mode %r was chosen as that is installed, and this web server is for %r, which is taken instead', chosen, fitting
    )


def _fitting_mode(server: Any, environ: Environ) -> str | None:
    """The async mode of the thread or greenlet that answers a request; None if any would do, or it is not known."""
    if server.async_mode not in (*_GREEN, 'threading'):
        return None
    green = _current_green()
    if _is_patched():
        return None
    if green is None:
        return 'threading' if isinstance(environ.get('wsgi.multithread'), bool) else None
    return green


def _current_green() -> str | None:
    """Whose greenlet runs: ``'gevent'`` or ``'eventlet'``; None in a thread of its own."""
    greenlet = sys.modules.get('greenlet')
    current = None if greenlet is None else greenlet.getcurrent()
    if current is None or current.parent is None:
        return None
    hub, hubs = getattr(sys.modules.get('gevent.hub'), 'Hub', ()), sys.modules.get('eventlet.hubs')
    if isinstance(current.parent, hub):
        return 'gevent'
    return 'eventlet' if hubs is not None and hubs.get_hub().greenlet is current.parent else None


def _is_patched() -> bool:
    """Whether the threads of this process are greenlets."""
    gevent, eventlet = sys.modules.get('gevent.monkey'), sys.modules.get('eventlet.patcher')
    return bool(
        (gevent is not None and gevent.is_module_patched('threading'))
        or (eventlet is not None and eventlet.is_monkey_patched('thread'))
    )
