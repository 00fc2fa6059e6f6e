"""Threads for handlers: as many as there are handlers at a time, and none is made for each message."""

import os
import threading
from collections.abc import Callable
from typing import Any

#: Seconds that a thread waits for something to do before it ends.
PATIENCE = 10.0

#: Most threads that wait.
MOST_IDLE = 16

_idle: 'list[_Worker]' = []


def run(function: Callable[..., Any], *args: Any) -> None:
    """Runs a function in a thread, at once."""
    try:
        # The one that ended last has warm caches.
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
        worker.work = function, args
        worker.start()
    else:
        worker.work = function, args
        worker.wake.release()


class _Worker(threading.Thread):
    """A thread, and what it is to do next. One that is done waits a while for the next function, and then ends."""

    def __init__(self) -> None:
        super().__init__(name='engineio-handler', daemon=True)
        self.work: tuple[Callable[..., Any], tuple[Any, ...]] | None = None
        self.wake = threading.Lock()
        self.wake.acquire()

    def run(self) -> None:
        """See ``threading.Thread``."""
        while self.work is not None:
            (function, args), self.work = self.work, None
            function(*args)
            del function, args
            if len(_idle) >= MOST_IDLE:
                return
            _idle.append(self)
            if not self.wake.acquire(timeout=PATIENCE):
                try:
                    _idle.remove(self)
                except ValueError:
                    # It was chosen just now.
                    self.wake.acquire()


if hasattr(os, 'register_at_fork'):
    # None of the threads is there any more.
    os.register_at_fork(after_in_child=_idle.clear)
