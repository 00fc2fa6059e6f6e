"""Methods that others replace, and how to find out that they did."""

from typing import Any

from ._timers import Timers


#: The package's own methods. Those who replace one may copy its attributes, so that a mark on it would tell nothing.
_originals: set[Any] = set()
_told: set[str] = set()


def original(function: Any) -> Any:
    """Marks a method as the package's own."""
    _originals.add(function)
    return function


def is_replaced(instance: Any, name: str) -> bool:
    """Whether the class or the object has something else in the place of an original method."""
    if name in getattr(instance, '__dict__', ()):
        return True
    try:
        return getattr(type(instance), name, None) not in _originals
    except TypeError:
        # It has no hash, as no method of ours.
        return True


#: What messages pass on the long way between a connection and the handlers.
_OF_SERVERS = ('send', 'send_packet', '_get_socket', '_trigger_event', 'start_background_task')
_OF_SOCKETS = (
    'poll', 'receive', 'send', 'close', 'check_ping_timeout', 'schedule_ping', '_send_ping', '_websocket_handler',
    'handle_get_request', 'handle_post_request',
)
_OF_WEBSOCKETS = ('send', 'wait', 'close')


def are_replaced(server: Any, socket: Any, websocket: Any = None) -> bool:
    """Whether one of the methods that messages pass was replaced, so that each must be called by its name.

    This is asked when a session begins or moves to a WebSocket, and not for each message.
    """
    for instance, names in ((server, _OF_SERVERS), (socket, _OF_SOCKETS), (websocket, _OF_WEBSOCKETS)):
        for name in names if instance is not None else ():
            if is_replaced(instance, name):
                _tell(server, instance, name)
                return True
    return False


def _tell(server: Any, instance: Any, name: str) -> None:
    where = f'{type(instance).__name__}.{name}'
    if where not in _told:
        _told.add(where)
        server.logger.info('%s was replaced: messages take the long way through the methods', where)


def timers_of(server: Any) -> Timers | None:
    """The timers of a server; ``None`` if it is an object that only looks like one."""
    timers = getattr(server, '_timers', None)
    return timers if isinstance(timers, Timers) else None
