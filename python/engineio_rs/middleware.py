"""The WSGI application that leads requests to an Engine.IO server."""

from collections.abc import Callable, Iterable
from typing import Any

from ._core import is_endpoint
from .static_files import open_static_file

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

    ``ValueError`` is raised for a path that no request can have. Example::

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
        path = environ['PATH_INFO']
        if path == self.engineio_path or (path is not None and is_endpoint(path, self.engineio_path)):
            reply: Iterable[bytes] = self.engineio_app.handle_request(environ, start_response)
            return reply
        if path and self.static_files:
            file = open_static_file(path, self.static_files, environ.get('REQUEST_METHOD', 'GET'))
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


class Middleware(WSGIApp):
    """The old name of ``WSGIApp``, without static files. Deprecated."""

    def __init__(
        self,
        engineio_app: Any,
        wsgi_app: Application | None = None,
        engineio_path: str = 'engine.io',
    ) -> None:
        super().__init__(engineio_app, wsgi_app, engineio_path=engineio_path)
