"""Time limits for reading from a client, in threads: those of a server share its timers."""

import math
import threading
import time
from typing import Any

from .. import _seams
from .._timers import Timers
from ._wsgi_hosts import Environ, cut_input, socket_of


class ReadLimit:
    """A time limit for a ``with`` block in which a thread reads the body of a request.

    :param server: the server, whose timers look after it.
    :param environ: the WSGI environment of the request.
    :param seconds: how long the block may take.
    :param error: what is raised when the block is over that took longer.

    A thread that waits for a client cannot be interrupted, but it comes to the end of the stream once the reading half
    of the socket is shut down. A response can still be written. Where the web server does not hand out its socket, the
    block takes as long as it takes.
    """

    __slots__ = ('_error', '_is_cut', '_socket', '_watch')

    def __init__(self, server: Any, environ: Environ, seconds: float, error: type[Exception]) -> None:
        # uWSGI tells only the thread that handles the request.
        self._socket = socket_of(environ)
        self._watch = None if self._socket is None else _watch_of(server, seconds)
        self._error = error
        self._is_cut = False

    def __enter__(self) -> None:
        if self._watch is not None:
            self._watch.add(self)

    def __exit__(self, *_: object) -> None:
        if self._watch is not None:
            self._watch.remove(self)
        if self._is_cut:
            # Whatever else became of the block, it is because its input was cut off.
            raise self._error from None

    def cut(self) -> None:
        """Ends the input of the block, which is waiting for it. Called by the watch."""
        self._is_cut = True
        if self._socket is not None:
            cut_input(self._socket)


class _Watch:
    """All blocks of a server that may take the same time, the oldest first. One of the server's timers."""

    def __init__(self, server: Any, timers: Timers, seconds: float) -> None:
        self._server = server
        self._timers = timers
        self._seconds = seconds
        #: The blocks, and when their time is over.
        self._limits: dict[ReadLimit, float] = {}
        #: Held while blocks are cut off, so that none goes on meanwhile and gives the server its socket back.
        self._cutting = threading.Lock()
        self._armed: float | None = None

    def add(self, limit: ReadLimit) -> None:
        """A block begins."""
        self._limits[limit] = time.monotonic() + self._seconds
        if self._armed is None:
            # It is not disarmed when blocks end, but looks after those that began later.
            self._arm(self._seconds)

    def remove(self, limit: ReadLimit) -> None:
        """A block is over."""
        if self._limits.pop(limit, None) is None:
            with self._cutting:
                pass

    def _expire(self) -> None:
        """The time of one block is over, unless that has ended. Called by the server's timers."""
        if left := self._cut_before(time.monotonic()):
            self._arm(left[0] - time.monotonic())

    def end(self) -> None:
        """Cuts off all blocks: nobody looks after the timers any more."""
        self._cut_before(math.inf)

    def _cut_before(self, now: float) -> list[float]:
        """Cuts off those whose time is over. Returns when that of the others is."""
        with self._cutting:
            for limit, deadline in list(self._limits.items()):
                if deadline <= now and self._limits.pop(limit, None) is not None:
                    limit.cut()
        return list(self._limits.values())

    def _arm(self, seconds: float) -> None:
        if self._timers.arm(self, seconds):
            self._server._wake_timers()


def _watch_of(server: Any, seconds: float) -> _Watch | None:
    timers = _seams.timers_of(server)
    if timers is None:
        return None
    watch: _Watch = timers.watches.get(seconds) or timers.watches.setdefault(seconds, _Watch(server, timers, seconds))
    return watch
