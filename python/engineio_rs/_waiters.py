"""Waiting for a session to have something to say, in the manner of each async model."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol


class Waiter(Protocol):
    """Somebody who waits, for a while or until woken."""

    def wait(self, seconds: float) -> bool | Awaitable[bool]:
        """Waits to be woken. Returns whether that happened in time."""

    def wake(self) -> None:
        """Lets the wait that goes on end, or else the next one."""


class QueueWaiter:
    """Waits at a queue of the server's async model. Can be woken from any thread."""

    def __init__(self, server: Any) -> None:
        home = server._async.get('home')
        #: Has the queue touched in the thread that waits at it: queues of greenlets are not for other threads.
        self._at_home = home() if home else _at_once
        self._queue = server.create_queue()
        self._empty = server.get_queue_empty_exception()

    def wait(self, seconds: float) -> bool:
        """See ``Waiter``."""
        try:
            self._queue.get(timeout=max(seconds, 0.001))
        except self._empty:
            return False
        return True

    def wake(self) -> None:
        """See ``Waiter``."""
        self._at_home(self._put)

    def _put(self) -> None:
        self._queue.put_nowait(None)


def _at_once(function: Callable[[], None]) -> None:
    function()


class FutureWaiter:
    """Waits for a future of the running event loop. Can be woken from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = False
        self._future: asyncio.Future[bool] | None = None

    async def wait(self, seconds: float) -> bool:
        """See ``Waiter``."""
        if not self._woken:
            self._future = self._loop.create_future()
            timer = self._loop.call_later(seconds, self._settle, False)
            try:
                if not await self._future:
                    return False
            finally:
                timer.cancel()
                self._future = None
        self._woken = False
        return True

    def wake(self) -> None:
        """See ``Waiter``."""
        if _running_loop() is self._loop:
            self._wake()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._woken = True
        self._settle(True)

    def _settle(self, woken: bool) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(woken)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
