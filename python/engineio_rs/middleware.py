"""The WSGI application that leads requests to an Engine.IO server."""

from collections.abc import Callable, Iterable
from typing import Any

from . import _kinds
from ._core import is_endpoint
from ._mounts import is_endpoint_below, open_first, paths_of, prefixes_of_environ

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class _SocketSource:
    """A socket where eventlet's applications look for it."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    def get_socket(self) -> Any:
        return self.socket


class WSGIApp:
    """A WSGI application in front of an Engine.IO server.

    Requests for the Engine.IO path go to the server. All others get a static file, or go to another WSGI
    application, or are answered with 404.

    :param engineio_app: the Engine.IO server, a ``Server``.
    :param wsgi_app: the WSGI application that gets all other requests.
    :param static_files: rules for static files, see ``static_files.get_static_file``.
    :param engineio_path: where the Engine.IO server is, with or without slashes around it; ``''`` leads all requests to
                          it.

    ``ValueError`` is raised for a path that no request can have, and ``TypeError`` for an ``AsyncServer``. Example::

        import engineio_rs as engineio

        eio = engineio.Server(async_mode='threading')
        app = engineio.WSGIApp(eio, static_files={
            '/': {'content_type': 'text/html', 'filename': 'index.html'},
            '/static': './public',
        })
        # gunicorn --worker-class gthread --threads 100 module:app
    """

    def __init__(
        self,
        engineio_app: Any,
        wsgi_app: Application | None = None,
        static_files: dict[str, Any] | None = None,
        engineio_path: str = 'engine.io',
    ) -> None:
        _kinds.demand(engineio_app, False, type(self).__name__)
        self.engineio_app = engineio_app
        self.wsgi_app = wsgi_app
        self.engineio_path = engineio_path
        if not self.engineio_path.startswith('/'):
            self.engineio_path = '/' + self.engineio_path
        if not self.engineio_path.endswith('/'):
            self.engineio_path += '/'
        # Raises for what no path can be.
        is_endpoint('/', self.engineio_path)
        self.static_files = static_files or {}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answers a request, as WSGI has it."""
        if 'gunicorn.socket' in environ:
            environ['eventlet.input'] = _SocketSource(environ['gunicorn.socket'])
        if self._is_engineio(environ):
            reply: Iterable[bytes] = self.engineio_app.handle_request(environ, start_response)
            return reply
        if environ['PATH_INFO'] and self.static_files:
            paths = paths_of(environ['PATH_INFO'], prefixes_of_environ(environ))
            file = open_first(paths, self.static_files, environ.get('REQUEST_METHOD', 'GET'))
            if file is not None:
                start_response(file.status, file.headers)
                return file
        if self.wsgi_app is not None:
            return self.wsgi_app(environ, start_response)
        return self.not_found(start_response)

    def not_found(self, start_response: StartResponse) -> Iterable[bytes]:
        """Answers with 404."""
        start_response('404 Not Found', [('Content-Type', 'text/plain')])
        return [b'Not Found']

    def _is_engineio(self, environ: dict[str, Any]) -> bool:
        path = environ['PATH_INFO']
        if path is None or path == self.engineio_path:
            return path is not None
        return is_endpoint_below(path, self.engineio_path, prefixes_of_environ(environ))


class Middleware(WSGIApp):
    """The old name of ``WSGIApp``, without static files. Deprecated."""

    def __init__(
        self,
        engineio_app: Any,
        wsgi_app: Application | None = None,
        engineio_path: str = 'engine.io',
    ) -> None:
        super().__init__(engineio_app, wsgi_app, engineio_path=engineio_path)
