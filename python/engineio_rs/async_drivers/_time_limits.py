"""Time limits for what is nearly always done at once, in gevent: those of a hub share one timer."""

import time
from typing import Any

import gevent
from gevent import monkey

# Those of the operating system's threads, patched or not: each has a hub of its own.
_watches = monkey.get_original('_thread', '_local')()


class TimeLimit:
    """A ``gevent.Timeout`` for a ``with`` block.

    :param seconds: how long the block may take. As many watches are kept as there are different numbers.
    :param error: what is raised in it then.
    """

    __slots__ = ('_error', '_greenlet', '_watch', 'deadline')

    def __init__(self, seconds: float, error: type[Exception]) -> None:
        self._watch = _watch_of(seconds)
        self._error = error
        #: When the time is over, as ``time.monotonic()`` has it.
        self.deadline = 0.0

    def __enter__(self) -> None:
        watch = self._watch
        self._greenlet = gevent.getcurrent()
        self.deadline = time.monotonic() + watch.seconds
        watch.limits[self] = None
        if not watch.timer.active:
            watch.start(watch.seconds)

    def __exit__(self, *_: object) -> None:
        self._watch.limits.pop(self, None)

    def cut_soon(self) -> None:
        """Ends the time as soon as the hub comes to it. Can be called by any greenlet of the hub."""
        self._watch.hub.loop.run_callback(self._cut)

    def _cut(self) -> None:
        if self in self._watch.limits:
            del self._watch.limits[self]
            self.end()

    def end(self) -> None:
        """Raises the error in the block, which is waiting: this is called by the hub."""
        self._greenlet.throw(self._error)


class _Watch:
    """All blocks of a hub that may take the same time, the oldest first."""

    def __init__(self, hub: Any, seconds: float) -> None:
        self.hub = hub
        self.seconds = seconds
        self.limits: dict[TimeLimit, None] = {}
        # It keeps no hub running: what a block waits for, a socket, does so itself.
        self.timer = hub.loop.timer(seconds, ref=False)

    def start(self, seconds: float) -> None:
        """Starts the timer. It is not stopped when blocks end, but looks after those that began later."""
        self.timer.close()
        self.timer = self.hub.loop.timer(max(seconds, 0), ref=False)
        self.timer.start(self._look)

    def _look(self) -> None:
        try:
            while (oldest := next(iter(self.limits), None)) and oldest.deadline <= time.monotonic():
                self.limits.pop(oldest, None)
                oldest.end()
        finally:
            if oldest := next(iter(self.limits), None):
                self.start(oldest.deadline - time.monotonic())


def _watch_of(seconds: float) -> _Watch:
    hub = gevent.get_hub()
    watches: dict[float, _Watch] = _watches.__dict__
    watch = watches.get(seconds)
    if watch is None or watch.hub is not hub:
        watch = watches[seconds] = _Watch(hub, seconds)
    return watch
