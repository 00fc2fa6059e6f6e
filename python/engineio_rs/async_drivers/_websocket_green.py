"""What WebSockets of the async modes on greenlets have in common, be they eventlet's or gevent's."""

from collections.abc import Callable
from typing import Any

from ._foreign import Home
from ._websocket_wsgi import WebSocketWSGI


class GreenWebSocket(WebSocketWSGI):
    """A WebSocket whose calls let other greenlets run while they wait; other threads give theirs to its own."""

    def __init__(self, handler: Callable[[WebSocketWSGI], Any], server: Any) -> None:
        super().__init__(handler, server)
        self._home = self._find_home()

    def run_soon(self, function: Callable[[], None]) -> None:
        """See ``WebSocketWSGI``."""
        self._home.run_soon(function)

    def _run(self, function: Callable[[], None]) -> None:
        self._home.run(function)

    def _find_home(self) -> Home:
        """The calling thread; what it is given to do runs in a greenlet of its own."""
        raise NotImplementedError
