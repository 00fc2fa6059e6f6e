"""A way into an eventlet hub for other threads, which eventlet itself does not have."""

import os
from collections import deque
from collections.abc import Callable
from typing import Any

import eventlet
from eventlet import hubs


class Pump:
    """Starts functions in the thread of the hub that it was made in.

    There is one for each hub: a pipe that a green thread waits on, and a queue beside it.
    """

    def __init__(self) -> None:
        self._functions: deque[Callable[[], None]] = deque()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        eventlet.spawn(self._work)

    def start(self, function: Callable[[], None]) -> None:
        """Has a function run in a green thread of its own. May be called from any thread."""
        self._functions.append(function)
        try:
            os.write(self._writer, b'!')
        except BlockingIOError:
            # So many calls are waiting that the hub knows.
            pass

    def _work(self) -> None:
        while True:
            hubs.trampoline(self._reader, read=True)
            os.read(self._reader, 4096)
            while self._functions:
                eventlet.spawn(self._functions.popleft())


#: By process and hub: a forked process has a hub of its own, and must leave its parent's pipe alone.
_pumps: dict[tuple[int, int], Pump] = {}


def current_pump() -> Pump:
    """The pump of the hub that this is called in."""
    hub: Any = hubs.get_hub()
    key = os.getpid(), id(hub)
    if key not in _pumps:
        _pumps[key] = Pump()
    return _pumps[key]
