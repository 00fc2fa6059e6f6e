"""The async mode ``gevent``: gevent's own server, and gunicorn with its gevent workers."""

import gevent
from gevent import queue
from gevent.event import Event

from ._greenlets import GeventWebSocket, Thread, home, run_apart
from ._time_limits import TimeLimit


class WebSocketWSGI(GeventWebSocket):
    """A WebSocket on any server that runs on gevent; the package gevent-websocket is neither needed nor used."""


_async = {
    'thread': Thread,
    'queue': queue.JoinableQueue,
    'queue_empty': queue.Empty,
    'event': Event,
    'websocket': WebSocketWSGI,
    'sleep': gevent.sleep,
    'home': home,
    'time_limit': TimeLimit,
    'run_apart': run_apart,
}
