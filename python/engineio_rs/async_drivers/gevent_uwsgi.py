"""The async mode ``gevent_uwsgi``: uWSGI with its gevent loop."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
import uwsgi
from gevent import queue
from gevent.event import Event

from ._greenlets import GeventWebSocket, Thread, home

_websocket_available = hasattr(uwsgi, 'websocket_handshake')


class uWSGIWebSocket(GeventWebSocket):
    """A WebSocket on the descriptor of uWSGI's request; uWSGI's own frames are not used."""


@contextmanager
def time_limit(seconds: float, error: type[Exception]) -> Iterator[None]:
    """``gevent.Timeout``, but that uWSGI says of a body that it was interrupted at only that it cannot be read."""
    deadline = time.monotonic() + seconds
    try:
        with gevent.Timeout(seconds, error):
            yield
    except OSError:
        if time.monotonic() < deadline:
            raise
        raise error from None


_async = {
    'thread': Thread,
    'queue': queue.JoinableQueue,
    'queue_empty': queue.Empty,
    'event': Event,
    'websocket': uWSGIWebSocket if _websocket_available else None,
    'sleep': gevent.sleep,
    'home': home,
    'time_limit': time_limit,
}
