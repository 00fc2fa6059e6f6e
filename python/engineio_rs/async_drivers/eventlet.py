"""The async mode ``eventlet``: eventlet's own server."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eventlet import Timeout, patcher, queue, semaphore, sleep, spawn
from eventlet.green import socket
from eventlet.green.threading import Event

from ._eventlet_pump import current_pump
from ._foreign import Home
from ._websocket_green import GreenWebSocket
from ._websocket_wsgi import Lock

# What the operating system's threads are told apart and blocked by, patched or not.
_thread = patcher.original('_thread')


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


def _home() -> Home:
    return Home(current_pump().start, _thread.get_ident, _thread.allocate_lock)


def home() -> Callable[[Callable[[], None]], None]:
    """Lets other threads run functions in this one."""
    return _home().run_soon


class WebSocketWSGI(GreenWebSocket):
    """A WebSocket on eventlet's own server."""

    def _create_lock(self) -> Lock:
        created: Lock = semaphore.Semaphore(1)
        return created

    def _create_socket(self, descriptor: int) -> Any:
        return socket.socket(fileno=descriptor)

    def _find_home(self) -> Home:
        return _home()


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
