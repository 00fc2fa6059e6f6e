"""The outbound queue of a session, with the methods of a queue."""

import asyncio
import time
from collections import deque
from typing import Any

from .flows import Flow, arun, run

#: Longest time that ``join`` waits for packets that are about to leave, in seconds.
JOIN_TIMEOUT = 30.0


class BaseSocketQueue:
    """A view on what a session is about to send."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        #: Packets that were taken out together with one that was asked for.
        self.taken: deque[Any] = deque()

    def put_nowait(self, pkt: Any) -> None:
        """Queues a packet. ``None`` is no packet: it lets the next reader find the end of the queue."""
        if pkt is None:
            self._socket._session.mark_end()
        else:
            self._socket._session.send(pkt)
        self._socket._notify()

    def get_nowait(self) -> Any:
        """Takes the next packet out; ``None`` is the end of the queue. Raises the queue's exception if it is empty."""
        if not self.taken:
            packets = self._socket._session.take()
            if packets is None:
                raise self._empty()
            self.taken.extend(packets or [None])
        return self.taken.popleft()

    def task_done(self) -> None:
        """Does nothing: a packet is done with when it is taken out."""

    def empty(self) -> bool:
        """Whether nothing waits."""
        return self.qsize() == 0

    def qsize(self) -> int:
        """How many packets wait."""
        return len(self.taken) + int(self._socket._session.queued())

    def _get(self, timeout: float | None) -> Flow[Any]:
        if not self.taken:
            packets = yield from self._socket._take(timeout)
            if packets is None:
                raise self._empty()
            self.taken.extend(packets or [None])
        return self.taken.popleft()

    def _join(self) -> Flow[None]:
        deadline = time.monotonic() + JOIN_TIMEOUT
        waiter = self._socket._add_waiter()
        try:
            while self._socket._session.is_leaving() and time.monotonic() < deadline:
                yield waiter.wait(deadline - time.monotonic())
        finally:
            self._socket._waiters.remove(waiter)

    def _empty(self) -> Exception:
        raise NotImplementedError


class SocketQueue(BaseSocketQueue):
    """For threads and greenlets."""

    def put(self, pkt: Any) -> None:
        """See ``put_nowait``; it never waits."""
        self.put_nowait(pkt)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Takes the next packet out, and waits for one if ``block`` is true, at most ``timeout`` seconds."""
        return run(self._get(timeout)) if block else self.get_nowait()

    def join(self) -> None:
        """Waits until what can leave now has left: what a poll or a WebSocket that is open is about to take."""
        run(self._join())

    def _empty(self) -> Exception:
        return self._socket.server.get_queue_empty_exception()()  # type: ignore[no-any-return]


class AsyncSocketQueue(BaseSocketQueue):
    """For asyncio."""

    async def put(self, pkt: Any) -> None:
        """See ``put_nowait``; it never waits."""
        self.put_nowait(pkt)

    async def get(self) -> Any:
        """Takes the next packet out, and waits for one."""
        return await arun(self._get(None))

    async def join(self) -> None:
        """Waits until what can leave now has left: what a poll or a WebSocket that is open is about to take."""
        await arun(self._join())

    def _empty(self) -> Exception:
        return asyncio.QueueEmpty()
