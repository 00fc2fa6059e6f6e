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
        self._greenlet = gevent.getcurrent()
        self._watch.add(self)

    def __exit__(self, *_: object) -> None:
        self._watch.remove(self)

    def end(self) -> None:
        """Raises the error in the block, which is waiting: this is called by the hub."""
        self._greenlet.throw(self._error)


class _Watch:
    """All blocks of a hub that may take the same time, the oldest first."""

    def __init__(self, hub: Any, seconds: float) -> None:
        self.hub = hub
        self._seconds = seconds
        self._limits: dict[TimeLimit, None] = {}
        # It keeps no hub running: what a block waits for, a socket, does so itself.
        self._timer = hub.loop.timer(seconds, ref=False)

    def add(self, limit: TimeLimit) -> None:
        limit.deadline = time.monotonic() + self._seconds
        self._limits[limit] = None
        if not self._timer.active:
            self._start(self._seconds)

    def remove(self, limit: TimeLimit) -> None:
        self._limits.pop(limit, None)

    def _start(self, seconds: float) -> None:
        """The timer is not stopped when blocks end, but looks after those that began later."""
        self._timer.close()
        self._timer = self.hub.loop.timer(max(seconds, 0), ref=False)
        self._timer.start(self._look)

    def _look(self) -> None:
        try:
            while (oldest := next(iter(self._limits), None)) and oldest.deadline <= time.monotonic():
                self.remove(oldest)
                oldest.end()
        finally:
            if oldest := next(iter(self._limits), None):
                self._start(oldest.deadline - time.monotonic())


def _watch_of(seconds: float) -> _Watch:
    hub = gevent.get_hub()
    watches: dict[float, _Watch] = _watches.__dict__
    watch = watches.get(seconds)
    if watch is None or watch.hub is not hub:
        watch = watches[seconds] = _Watch(hub, seconds)
    return watch
