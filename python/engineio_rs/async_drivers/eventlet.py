"""The async mode ``eventlet``: eventlet's own server."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eventlet import Timeout, patcher, queue, semaphore, sleep, spawn
from eventlet.green import socket
from eventlet.green.threading import Event

from ._eventlet_pump import current_pump
from ._foreign import Home, run_elsewhere
from ._websocket_wsgi import Lock
from ._websocket_wsgi import WebSocketWSGI as _WebSocketWSGI

# What the operating system's threads are told apart and blocked by, patched or not.
_threads = patcher.original('_thread')


class EventletThread:
    """A green thread that is made and started as a thread is."""

    def __init__(
        self,
        target: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self.target = target
        self.args = args or ()
        self.kwargs = kwargs or {}
        self.g: Any = None

    def start(self) -> None:
        """Starts it."""
        self.g = spawn(self.target, *self.args, **self.kwargs)

    def join(self) -> Any:
        """Waits for its end, and returns what the target returned."""
        if self.g:
            return self.g.wait()


def home() -> Home:
    """Lets other threads run functions in this one, whose hub need not have anything else to do."""
    pump, thread = current_pump(), _threads.get_ident()

    def run(function: Callable[[], None]) -> None:
        if _threads.get_ident() == thread:
            function()
        else:
            pump.start(function)

    return run


class WebSocketWSGI(_WebSocketWSGI):
    """A WebSocket whose calls let other green threads run while they wait."""

    def __init__(self, handler: Callable[[_WebSocketWSGI], Any], server: Any) -> None:
        super().__init__(handler, server)
        self._pump = current_pump()
        self._home = _threads.get_ident()

    def _create_lock(self) -> Lock:
        created: Lock = semaphore.Semaphore(1)
        return created

    def _create_socket(self, descriptor: int) -> Any:
        return socket.socket(fileno=descriptor)

    def run_soon(self, function: Callable[[], None]) -> None:
        """See ``WebSocketWSGI``."""
        if _threads.get_ident() == self._home:
            function()
        else:
            self._pump.start(function)

    def _run(self, function: Callable[[], None]) -> None:
        if _threads.get_ident() == self._home:
            function()
        else:
            run_elsewhere(function, self._pump.start, _threads.allocate_lock)


_async = {
    'thread': EventletThread,
    'queue': queue.Queue,
    'queue_empty': queue.Empty,
    'event': Event,
    'websocket': WebSocketWSGI,
    'sleep': sleep,
    'home': home,
    'time_limit': Timeout,
}
