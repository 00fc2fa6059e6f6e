"""Work for the thread that owns something, given by other threads of a process that runs on greenlets."""

from collections.abc import Callable
from typing import Any


class Home:
    """The thread that this is made in, for other threads that have work for it.

    :param start: has a function run in this thread, which need not have anything else to do; any thread may call it.
    :param current_thread: tells the operating system's threads apart, patched or not.
    :param allocate_lock: makes a lock for them: who waits for it blocks its thread.
    """

    def __init__(
        self,
        start: Callable[[Callable[[], None]], Any],
        current_thread: Callable[[], int],
        allocate_lock: Callable[[], Any],
    ) -> None:
        self._start = start
        self._current_thread = current_thread
        self._allocate_lock = allocate_lock
        self._thread = current_thread()

    def run_soon(self, function: Callable[[], None]) -> None:
        """Runs a function in the thread: at once if it is the calling one, or as soon as it comes to it."""
        if self._current_thread() == self._thread:
            function()
        else:
            self._start(function)

    def run(self, function: Callable[[], None]) -> None:
        """Runs a function in the thread, and raises what it raises once it is done."""
        if self._current_thread() == self._thread:
            function()
        else:
            self._run_elsewhere(function)

    def _run_elsewhere(self, function: Callable[[], None]) -> None:
        done = self._allocate_lock()
        done.acquire()
        errors: list[Exception] = []

        def run() -> None:
            try:
                function()
            except Exception as error:
                errors.append(error)
            finally:
                done.release()

        self._start(run)
        done.acquire()
        if errors:
            raise errors[0]
