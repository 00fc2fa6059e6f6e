"""The threads that deliver a client's events to its handlers."""

import atexit
import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from . import _green

#: What threads, or greenlets, deliver, by their number. What is local to a thread may be shared by its greenlets, if they
#: came later.
_turns: 'dict[int, Turn]' = {}
_crews: 'weakref.WeakSet[Crew]' = weakref.WeakSet()


class Turn:
    """The turn of a thread to deliver. Whoever is about to wait gives it away."""

    def __init__(self, crew: 'Crew', session: Any, ticket: int) -> None:
        self.crew = crew
        self.session = session
        self.ticket = ticket
        #: Whether the event that is being delivered is the last one.
        self.is_last = False


def give_way() -> None:
    """Lets others deliver meanwhile, if this thread delivers: it is about to wait."""
    turn = _turns.get(threading.get_ident())
    if turn is not None:
        turn.session.release(turn.ticket)


@contextlib.contextmanager
def hold() -> Iterator[None]:
    """While this thread, if it delivers, waits for what no other handler brings: nobody goes on meanwhile."""
    turn = _turns.get(threading.get_ident())
    if turn is None:
        yield
        return
    session, ticket = turn.session, turn.ticket
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
        green = _green.is_patched()
        self._next_event = partial(_green.next_event, session) if green else session.next_event
        self._wait_for_turn = partial(_green.stand_by, session) if green else session.stand_by

    def start(self) -> None:
        """Starts the threads."""
        _crews.add(self)
        self._spawn(self._first, self._session.begin())
        self._spawn(self._stand_by)

    def join(self, timeout: float | None = None) -> None:
        """Waits until everything was delivered; not for a handler that calls this."""
        turn = _turns.get(threading.get_ident())
        if turn is not None and turn.crew is self:
            if turn.is_last:
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
        while (ticket := self._wait_for_turn()) is not None:
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
        turn = _turns[threading.get_ident()] = Turn(self, self._session, ticket)
        goes_on = False
        try:
            while (event := self._next_event(ticket)) is not None:
                name, data = event
                turn.is_last = name == 'closed'
                goes_on = False
                goes_on = self._handle(self._session, name, data)
                if not goes_on:
                    break
            else:
                goes_on = True
        finally:
            del _turns[threading.get_ident()]
            if not goes_on:
                # After the last event; or nobody would deliver any more.
                self.stop()

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
    _turns.clear()
    _green.after_fork()


@atexit.register
def _leave() -> None:
    for crew in list(_crews):
        crew.leave()
