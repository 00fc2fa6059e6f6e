"""The async mode ``gevent_uwsgi``: uWSGI with its gevent loop."""

import gevent
import uwsgi
from gevent import queue
from gevent.event import Event

from ._greenlets import GeventWebSocket, Thread, home

_websocket_available = hasattr(uwsgi, 'websocket_handshake')


class uWSGIWebSocket(GeventWebSocket):
    """A WebSocket on the descriptor of uWSGI's request; uWSGI's own frames are not used."""


_async = {
    'thread': Thread,
    'queue': queue.JoinableQueue,
    'queue_empty': queue.Empty,
    'event': Event,
    'websocket': uWSGIWebSocket if _websocket_available else None,
    'sleep': gevent.sleep,
    'home': home,
}
