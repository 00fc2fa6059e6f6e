"""Work for the thread that owns a connection, given by other threads of a process that runs on greenlets."""

from collections.abc import Callable
from typing import Any


#: Runs a function in the thread it belongs to: at once, or as soon as that thread comes to it.
Home = Callable[[Callable[[], None]], None]


def run_elsewhere(
    function: Callable[[], None],
    start: Callable[[Callable[[], None]], Any],
    allocate_lock: Callable[[], Any],
) -> None:
    """Has ``start`` run a function in the thread it belongs to, waits for it, and raises what it raised.

    ``allocate_lock`` makes a lock of the operating system's threads: the wait blocks the calling thread.
    """
    done = allocate_lock()
    done.acquire()
    errors: list[Exception] = []

    def run() -> None:
        try:
            function()
        except Exception as error:
            errors.append(error)
        finally:
            done.release()

    start(run)
    done.acquire()
    if errors:
        raise errors[0]
