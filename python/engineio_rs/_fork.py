"""What a process that is forked does with the clients and servers that it inherits: the connections are the parent's."""

import os
import weakref
from typing import Any

from . import _core, _delivery

#: All clients.
clients: 'weakref.WeakSet[Any]' = weakref.WeakSet()

#: All servers.
servers: 'weakref.WeakSet[Any]' = weakref.WeakSet()

#: The sockets of native clients at the time of a fork, each with what identifies it.
_sockets: list[tuple[int, int]] = []


def _identity(descriptor: int) -> int | None:
    try:
        return os.fstat(descriptor).st_ino
    except OSError:
        return None


def _before() -> None:
    global _sockets
    known = ((descriptor, _identity(descriptor)) for descriptor in _core.open_sockets())
    _sockets = [(descriptor, identity) for descriptor, identity in known if identity is not None]


def _after_in_child() -> None:
    _core.after_fork()
    _delivery.after_fork()
    for descriptor, identity in _sockets:
        # The number may have come to stand for another file, if the parent was closing the socket just then.
        if _identity(descriptor) == identity:
            os.close(descriptor)
    _sockets.clear()
    for client in list(clients):
        client._forsake()
    for server in list(servers):
        server._forsake()


if hasattr(os, 'register_at_fork'):
    os.register_at_fork(before=_before, after_in_child=_after_in_child)
