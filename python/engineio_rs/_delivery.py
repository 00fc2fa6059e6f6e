"""The threads that deliver a client's events to its handlers."""

import atexit
import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

#: The turn of the thread that runs: a session and a number. Whoever is about to wait gives it away.
_local = threading.local()
_crews: 'weakref.WeakSet[Crew]' = weakref.WeakSet()


def give_way() -> None:
    """Lets others deliver meanwhile, if this thread delivers: it is about to wait."""
    turn = getattr(_local, 'turn', None)
    if turn is not None:
        turn[0].release(turn[1])


@contextlib.contextmanager
def hold() -> Iterator[None]:
    """While this thread, if it delivers, waits for what no other handler brings: nobody goes on meanwhile."""
    turn = getattr(_local, 'turn', None)
    if turn is None:
        yield
        return
    session, ticket = turn
    session.hold(ticket, True)
    try:
        yield
    finally:
        session.hold(ticket, False)


class Event(threading.Event):
    """A ``threading.Event``. Waited for in a handler, it lets other handlers run meanwhile."""

    def wait(self, timeout: float | None = None) -> bool:
        """As that of ``threading.Event``."""
        if not self.is_set():
            give_way()
        return super().wait(timeout)


#: Handlers of a client that may run at a time. When as many block, the client stops reading.
MAX_THREADS = 256


class Crew:
    """Two threads: one delivers, in order, and one takes over when a handler blocks while more is there.

    A thread that was overtaken stands by again when its handler is done, if nobody else does.
    """

    def __init__(self, session: Any, handle: Callable[[Any, str, Any], bool]) -> None:
        self._session = session
        self._handle = handle
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._standing_by = True

    def start(self) -> None:
        """Starts the threads."""
        _crews.add(self)
        self._spawn(self._first, self._session.begin())
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
        self._threads = [*self._alive(), thread]
        thread.start()

    def _alive(self) -> list[threading.Thread]:
        return [thread for thread in self._threads if thread.is_alive()]

    def _stand_by(self) -> None:
        while (ticket := self._session.stand_by()) is not None:
            with self._lock:
                self._standing_by = len(self._alive()) < MAX_THREADS
            if self._standing_by:
                self._spawn(self._stand_by)
            self._deliver(ticket)
            with self._lock:
                if self._standing_by:
                    return
                self._standing_by = True

    def _first(self, ticket: int) -> None:
        self._deliver(ticket)
        with self._lock:
            if self._standing_by:
                return
            self._standing_by = True
        self._stand_by()

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


def after_fork() -> None:
    """The threads of the parent do not exist in a process that was forked."""
    _crews.clear()
    vars(_local).clear()


@atexit.register
def _leave() -> None:
    for crew in list(_crews):
        crew.leave()
