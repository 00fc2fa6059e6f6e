"""What the clients share, which are not part of this version."""

from typing import Any, NoReturn

from . import base_server

#: Clients that are connected.
connected_clients: list[Any] = []


class BaseClient:
    """A client; this version of the package has none that works, and says so when one is made."""

    #: The events that handlers can be registered for.
    event_names = ['connect', 'disconnect', 'message']

    class reason(base_server.BaseServer.reason):
        """Why a connection ended, as the disconnect handler is told."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        missing(type(self).__name__)


def missing(name: str) -> NoReturn:
    """Raises what tells that a client is missing, and what to do."""
    raise NotImplementedError(
        f'{name}: engineio_rs has servers only so far; use the client of python-engineio, in a process that has not '
        'called engineio_rs.install_as_engineio()'
    )
