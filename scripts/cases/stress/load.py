"""Keeps all cores busy."""

import os
import signal
from contextlib import contextmanager


@contextmanager
def busy_cores(count=None):
    """Runs a loop on each core; yields their process ids."""
    loops = [_loop() for _ in range(count or os.cpu_count())]
    try:
        yield loops
    finally:
        for pid in loops:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _loop():
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # One whose parent was killed must not go on for ever.
    while os.getppid() == parent:
        for _ in range(1_000_000):
            pass
    os._exit(0)
