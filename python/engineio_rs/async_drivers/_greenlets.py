"""What the two async modes on gevent share."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import gevent
from gevent import lock, monkey, socket

from ._foreign import Home
from ._websocket_green import GreenWebSocket
from ._websocket_wsgi import Lock

# What the operating system's threads are told apart and blocked by, patched or not.
_threads = monkey.get_original('_thread', ['get_ident', 'allocate_lock'])


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


def home() -> Callable[[Callable[[], None]], None]:
    """Lets other threads run functions in this one."""
    return Home(gevent.get_hub().loop.run_callback_threadsafe, *_threads).run_soon


class GeventWebSocket(GreenWebSocket):
    """A WebSocket on any server that runs on gevent."""

    def _create_lock(self) -> Lock:
        created: Lock = lock.BoundedSemaphore(1)
        return created

    def _create_socket(self, descriptor: int) -> Any:
        return socket.socket(fileno=descriptor)

    def _find_home(self) -> Home:
        return Home(partial(gevent.get_hub().loop.run_callback_threadsafe, gevent.spawn), *_threads)
