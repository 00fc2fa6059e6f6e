"""The async mode ``threading``: werkzeug, gunicorn with threads, and every other server with a thread per request."""

import queue
import threading
import time
from typing import Any

from . import _workers
from ._read_limits import ReadLimit
from ._websocket_wsgi import WebSocketWSGI


class DaemonThread(threading.Thread):
    """A thread that does not keep the process alive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, daemon=True)


class SimpleWebSocketWSGI(WebSocketWSGI):
    """A WebSocket whose calls block the thread they are made in."""


_async = {
    'thread': DaemonThread,
    'queue': queue.Queue,
    'queue_empty': queue.Empty,
    'event': threading.Event,
    'websocket': SimpleWebSocketWSGI,
    'sleep': time.sleep,
    'read_limit': ReadLimit,
    'run_apart': _workers.run,
}
