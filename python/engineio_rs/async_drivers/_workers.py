"""Threads for handlers: as many as there are handlers at a time, and none is made for each message."""

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

#: Seconds that a thread waits for something to do before it ends.
PATIENCE = 10.0

#: Most threads that wait.
MOST_IDLE = 16

_all: 'weakref.WeakSet[Workers]' = weakref.WeakSet()


class Workers:
    """Threads that run functions. One that is done waits a while for the next function, and then ends."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        _all.add(self)

    def run(self, function: Callable[..., Any], *args: Any) -> None:
        """Runs a function in a thread, at once."""
        try:
            # The one that ended last has warm caches.
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker(self._idle)
            worker.work = function, args
            worker.start()
        else:
            worker.work = function, args
            worker.wake.release()

    def forget(self) -> None:
        """None of the threads is there any more."""
        self._idle.clear()


class _Worker(threading.Thread):
    """A thread, and what it is to do next."""

    def __init__(self, idle: 'list[_Worker]') -> None:
        super().__init__(name='engineio-handler', daemon=True)
        self._idle = idle
        self.work: tuple[Callable[..., Any], tuple[Any, ...]] | None = None
        self.wake = threading.Lock()
        self.wake.acquire()

    def run(self) -> None:
        """See ``threading.Thread``."""
        while self.work is not None:
            (function, args), self.work = self.work, None
            function(*args)
            del function, args
            if len(self._idle) >= MOST_IDLE:
                return
            self._idle.append(self)
            if not self.wake.acquire(timeout=PATIENCE):
                try:
                    self._idle.remove(self)
                except ValueError:
                    # It was chosen just now.
                    self.wake.acquire()


def _forget_all() -> None:
    for workers in _all:
        workers.forget()


if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=_forget_all)
