"""The threads that deliver a client's events to its handlers."""

import atexit
import threading
import weakref
from collections.abc import Callable
from typing import Any

#: The turn of the thread that runs: a session and a number. Whoever is about to wait gives it away.
_local = threading.local()
_crews: 'weakref.WeakSet[Crew]' = weakref.WeakSet()


def give_way() -> None:
    """Lets others deliver meanwhile, if this thread delivers: it is about to wait."""
    turn = getattr(_local, 'turn', None)
    if turn is not None:
        turn[0].release(turn[1])


class Event(threading.Event):
    """A ``threading.Event``. Waited for in a handler, it lets other handlers run meanwhile."""

    def wait(self, timeout: float | None = None) -> bool:
        """As that of ``threading.Event``."""
        if not self.is_set():
            give_way()
        return super().wait(timeout)


class Crew:
    """Two threads: one delivers, in order, and one takes over when a handler blocks while more is there."""

    def __init__(self, session: Any, handle: Callable[[Any, str, Any], bool]) -> None:
        self._session = session
        self._handle = handle
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Starts the threads."""
        _crews.add(self)
        self._spawn(self._deliver, self._session.begin())
        self._spawn(self._stand_by)

    def join(self, timeout: float | None = None) -> None:
        """Waits until everything was delivered; not for a handler that calls this."""
        if getattr(_local, 'crew', None) is self:
            if getattr(_local, 'last', False):
                return
            give_way()
        self._over.wait(timeout)

    def is_alive(self) -> bool:
        """Whether something may still be delivered."""
        return not self._over.is_set()

    def _spawn(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, name='engineio-client', daemon=True)
        self._threads = [*filter(threading.Thread.is_alive, self._threads), thread]
        thread.start()

    def _stand_by(self) -> None:
        ticket = self._session.stand_by()
        if ticket is not None:
            self._spawn(self._stand_by)
            self._deliver(ticket)

    def _deliver(self, ticket: int) -> None:
        session, handle = self._session, self._handle
        _local.crew, _local.turn = self, (session, ticket)
        while (event := session.next_event(ticket)) is not None:
            name, data = event
            _local.last = name == 'closed'
            if not handle(session, name, data):
                self.stop()
                return

    def stop(self) -> None:
        """Ends the threads that wait, and lets ``join()`` return."""
        self._session.stop()
        self._over.set()

    def leave(self) -> None:
        """Ends the threads that wait before the interpreter ends."""
        self._session.stop()
        for thread in self._threads:
            if thread is not threading.current_thread() and thread.is_alive():
                thread.join(0.1)


@atexit.register
def _leave() -> None:
    for crew in list(_crews):
        crew.leave()
