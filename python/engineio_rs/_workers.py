"""Calls of libraries that may take longer than they are given."""

import queue
import threading
import weakref
from collections.abc import Callable
from typing import Any

#: Ends a worker.
_END: Any = None


class Late(TimeoutError):
    """A call was not done in time."""


class Workers:
    """Threads for calls that have a deadline: what comes too late is given up, with the thread that makes the call."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        # A call that ends after `close()` leaves its thread idle.
        weakref.finalize(self, _end, self._idle).atexit = False

    def run(
        self,
        seconds: float,
        function: Callable[[], Any],
        give_up: Callable[[], None],
        late: Callable[[Any], None] | None = None,
    ) -> Any:
        """Returns what a function returns. Raises what it raises, and ``Late`` after so many seconds.

        :param give_up: called when the function took too long, so that it ends soon.
        :param late: what gets the result if the wait for it is interrupted, by SIGINT or a time-out of gevent's.
        """
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker()
        call = _Call(function)
        worker.calls.put(call)
        try:
            done = call.done.wait(seconds)
        except BaseException:
            worker.calls.put(_END)
            if late is None:
                give_up()
            else:
                call.hand_over(late)
            raise
        if not done:
            worker.calls.put(_END)
            give_up()
            raise Late(f'the server did not answer within {seconds:g} seconds')
        self._idle.append(worker)
        return call.result()

    def close(self) -> None:
        """Ends the threads that have nothing to do."""
        _end(self._idle)


def _end(workers: 'list[_Worker]') -> None:
    while workers:
        workers.pop().calls.put(_END)


class _Worker:
    def __init__(self) -> None:
        self.calls: queue.Queue[_Call] = queue.Queue()
        threading.Thread(target=self._work, name='engineio-requests', daemon=True).start()

    def _work(self) -> None:
        while (call := self.calls.get()) is not _END:
            call.make()


class _Call:
    def __init__(self, function: Callable[[], Any]) -> None:
        self.done = threading.Event()
        self._function = function
        self._returned: Any = None
        self._raised: BaseException | None = None
        self._lock = threading.Lock()
        self._late: Callable[[Any], None] | None = None

    def make(self) -> None:
        """Makes the call."""
        try:
            self._returned = self._function()
        except BaseException as error:
            self._raised = error
        with self._lock:
            self.done.set()
            late = self._late
        if late is not None:
            late(self._returned)

    def hand_over(self, late: Callable[[Any], None]) -> None:
        """Nobody waits any more: what the function returns, ``None`` if it raises, is for this one."""
        with self._lock:
            self._late = late
            came = self.done.is_set()
        if came:
            late(self._returned)

    def result(self) -> Any:
        """What the function has returned. Raises what it has raised."""
        if self._raised is not None:
            raise self._raised
        return self._returned
