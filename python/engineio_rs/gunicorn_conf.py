"""A configuration file of gunicorn, for workers that tell their clients before they stop.

On the command line, for the workers ``gthread`` and ``gevent``::

    gunicorn --config python:engineio_rs.gunicorn_conf --worker-class gthread --threads 100 module:app

In a configuration file of one's own::

    from engineio_rs.gunicorn_conf import post_worker_init

The clients have two seconds to hear of it, or what the variable ``ENGINEIO_GRACE`` of the environment says.
"""

import _thread
import os
import signal
from typing import Any

from . import _exit

#: Those that gunicorn stops its workers with: SIGTERM in an orderly way, the others when the user presses Ctrl-C.
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def post_worker_init(worker: Any) -> None:
    """Is called by gunicorn in each worker, behind its own signal handlers."""
    stop = _Stop(worker.cfg, _exit.grace())
    for number in _STOPPING:
        stop.take_over(number)


class _Stop:
    """The stop of a worker. The first signal shuts down the servers, and then goes to gunicorn's handler."""

    def __init__(self, cfg: Any, grace: float) -> None:
        self._cfg = cfg
        self._grace = grace
        self._handlers: dict[int, Any] = {}
        self._begun = False
        self._done = False

    def take_over(self, number: int) -> None:
        """Puts itself in front of the handler of a signal."""
        self._handlers[number] = signal.signal(number, self._handle)
        # As gunicorn has it: a signal does not interrupt a request.
        signal.siginterrupt(number, number != signal.SIGTERM)

    def _handle(self, number: int, frame: Any) -> None:
        if self._done:
            self._handlers[number](number, frame)
        elif not self._begun:
            self._begun = True
            # Takes no lock, which the code that the signal has interrupted may hold.
            _thread.start_new_thread(self._shut_down, (number,))

    def _shut_down(self, number: int) -> None:
        # gunicorn waits for the next request on a connection that it has not said to be the last.
        self._cfg.set('keepalive', 0)
        try:
            _exit.shut_down(self._grace)
        finally:
            self._done = True
            os.kill(os.getpid(), number)
