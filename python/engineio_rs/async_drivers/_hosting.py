"""A server and what hosts it, which end together: the server first, while there is somebody to tell its clients."""

import asyncio
import weakref
from typing import Any

from . import _asgi_hosts

#: How long clients have to hear of the end, in seconds, unless told otherwise.
GRACE = 2.0


class Hosting:
    """Ends a server when the web server that hosts it is about to end.

    :param server: the ``AsyncServer``, or an object that has one as ``eio``, as those of python-socketio do.
    :param grace: how long clients are waited for, in seconds.
    """

    def __init__(self, server: Any, grace: float) -> None:
        self._server = getattr(server, 'eio', server)
        self._grace = grace
        #: The event loop of the web server that was asked to wait, if one was.
        self._loop: Any = None
        self._hosts: weakref.WeakSet[Any] = weakref.WeakSet()

    def __reduce__(self) -> tuple[Any, ...]:
        # No web server hosts a copy.
        return type(self), (self._server, self._grace)

    def begin(self) -> None:
        """A web server begins to serve; an earlier one may have ended."""
        self._loop = None
        if hasattr(self._server, '_resume'):
            self._server._resume()

    def serve(self) -> None:
        """A request has come. With the first of a web server, that is asked to wait at its end."""
        if self._loop is None or self._loop() is not asyncio.get_running_loop():
            self.begin()
            self._loop = weakref.ref(asyncio.get_running_loop())
            _asgi_hosts.hold(self._hosts, self.end)

    async def end(self, *_: Any) -> None:
        """The web server is about to end. Ends the server, until it is hosted again."""
        if hasattr(self._server, '_pause'):
            await self._server._pause(self._grace)
