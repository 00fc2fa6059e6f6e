"""The servers for threads and greenlets of a process, and their end with it."""

import atexit
import os
import threading
import time
import weakref
from typing import Any

from .async_drivers._hosting import GRACE

#: The process whose servers these are: what a fork has left of another one's is not told of its end.
_process = 0
_servers: 'weakref.WeakSet[Any]' = weakref.WeakSet()
_lock = threading.Lock()
_stopping = False


def register(server: Any) -> None:
    """Has a server, which opens its first session, shut down when the interpreter exits."""
    global _process
    with _lock:
        if _process != os.getpid():
            _process = os.getpid()
            _servers.clear()
            atexit.unregister(_exit)
            atexit.register(_exit)
        _servers.add(server)


def grace() -> float:
    """Returns how long clients have to hear of the end, in seconds: what ``ENGINEIO_GRACE`` says, or two."""
    said = os.environ.get('ENGINEIO_GRACE') or GRACE
    try:
        return float(said)
    except ValueError:
        raise ValueError(f'ENGINEIO_GRACE is {said!r}; expected a number of seconds, such as 2') from None


def shut_down(seconds: float) -> None:
    """Shuts down all servers of this process that have sessions, within one grace, as the process is about to end."""
    global _stopping
    _stopping = True
    deadline = time.monotonic() + seconds
    for server in _own_servers():
        server.shutdown(max(deadline - time.monotonic(), 0.0))


def is_stopping() -> bool:
    """Returns whether the process is about to end, with all connections that its web server has."""
    return _stopping


def _exit() -> None:
    """Tells the clients that are connected. Nobody else can come any more, so nobody else is waited for."""
    for server in _own_servers():
        if not server._draining and server.sockets:
            server._shut_down_at_exit(grace())


def _own_servers() -> list[Any]:
    with _lock:
        return list(_servers) if _process == os.getpid() else []
