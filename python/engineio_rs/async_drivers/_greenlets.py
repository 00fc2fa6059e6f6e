"""What the two async modes on gevent share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gevent
from gevent import lock, monkey, socket

from ._foreign import Home, run_elsewhere
from ._websocket_wsgi import Lock, WebSocketWSGI

# What the operating system's threads are told apart and blocked by, patched or not.
_current_thread = monkey.get_original('_thread', 'get_ident')
_allocate_lock = monkey.get_original('_thread', 'allocate_lock')


class Thread(gevent.Greenlet):
    """A greenlet that is made and started as a thread is."""

    def __init__(self, target: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] = {}) -> None:
        super().__init__(target, *args, **kwargs)

    def _run(self) -> Any:
        return self.run()


class HandlerGreenlet(gevent.Greenlet):
    """A greenlet for a handler. It does not keep the stack that it was made in: to look at it takes longer than the rest,
    and it is always the same one of ours.
    """

    spawning_stack_limit = 0


def run_apart(function: Callable[..., Any], *args: Any) -> None:
    """Runs a handler in a greenlet of its own."""
    HandlerGreenlet(function, *args).start()


def home() -> Home:
    """Lets other threads run functions in this one, whose hub need not have anything else to do."""
    loop, thread = gevent.get_hub().loop, _current_thread()

    def run(function: Callable[[], None]) -> None:
        if _current_thread() == thread:
            function()
        else:
            loop.run_callback_threadsafe(function)

    return run


class GeventWebSocket(WebSocketWSGI):
    """A WebSocket whose calls let other greenlets run while they wait."""

    def __init__(self, handler: Callable[[WebSocketWSGI], Any], server: Any) -> None:
        super().__init__(handler, server)
        self._hub = gevent.get_hub()
        self._home = _current_thread()

    def _create_lock(self) -> Lock:
        created: Lock = lock.BoundedSemaphore(1)
        return created

    def _create_socket(self, descriptor: int) -> Any:
        return socket.socket(fileno=descriptor)

    def run_soon(self, function: Callable[[], None]) -> None:
        """See ``WebSocketWSGI``."""
        if _current_thread() == self._home:
            function()
        else:
            self._start(function)

    def _run(self, function: Callable[[], None]) -> None:
        if _current_thread() == self._home:
            function()
        else:
            run_elsewhere(function, self._start, _allocate_lock)

    def _start(self, function: Callable[[], None]) -> None:
        self._hub.loop.run_callback_threadsafe(gevent.spawn, function)
