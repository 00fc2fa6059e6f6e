"""Engine.IO with the interface of python-engineio on a Rust core.

For example, with any WSGI server::

    import engineio_rs as engineio

    eio = engineio.Server()

    @eio.on('message')
    def message(sid, data):
        eio.send(sid, data)

    app = engineio.WSGIApp(eio)
"""

from ._install import install_as_engineio
from .async_client import AsyncClient
from .async_drivers.asgi import ASGIApp
from .async_server import AsyncServer
from .client import Client
from .middleware import Middleware, WSGIApp
from .server import Server

try:
    from .async_drivers.tornado import get_tornado_handler
except ImportError:
    get_tornado_handler = None  # type: ignore[assignment]

__all__ = [
    'ASGIApp',
    'AsyncClient',
    'AsyncServer',
    'Client',
    'Middleware',
    'Server',
    'WSGIApp',
    'get_tornado_handler',
    'install_as_engineio',
]
