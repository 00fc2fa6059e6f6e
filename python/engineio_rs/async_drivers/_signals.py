"""Signals that end a web server, which wait until the clients have been told."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

#: Those that stop a process in an orderly way.
STOPPING = (signal.SIGINT, signal.SIGTERM)


def defer(module: str, end: Callable[[], Awaitable[None]]) -> None:
    """Runs ``end`` before the web server's own handler of a signal in the running event loop.

    The handlers of others stay as they are: ``module`` is where the web server defines its own.
    """
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        # There is no other way to learn of them, and none with uvloop.
        handle = getattr(loop, '_signal_handlers', {}).get(number)
        if getattr(getattr(handle, '_callback', None), '__module__', None) == module:
            loop.add_signal_handler(number, _Deferred(loop, handle, end))


class _Deferred:
    """The handler of a signal, which comes when ``end`` is done. The same signal again does not wait for that."""

    def __init__(self, loop: asyncio.AbstractEventLoop, handle: Any, end: Callable[[], Awaitable[None]]) -> None:
        self._loop = loop
        self._handle = handle
        self._end = end
        self._ending: asyncio.Future[None] | None = None

    def __call__(self) -> None:
        """The signal has come."""
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._end(), loop=self._loop)
            self._ending.add_done_callback(lambda _: self._handle._run())
        else:
            self._handle._run()
