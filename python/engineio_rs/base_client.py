"""What the clients share. This version of the package has none that connects."""

import logging
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

from . import base_server, packet

default_logger = logging.getLogger('engineio.client')

#: Clients that are connected.
connected_clients: list[Any] = []


class BaseClient:
    """A client that takes handlers and cannot connect: it says so when it is made, and when it is to connect."""

    #: The events that handlers can be registered for.
    event_names = ['connect', 'disconnect', 'message']

    class reason(base_server.BaseServer.reason):
        """Why a connection ended, as the disconnect handler is told."""

    def __init__(self, logger: bool | logging.Logger = False, json: Any = None, **kwargs: Any) -> None:
        warnings.warn(_missing(self), RuntimeWarning, stacklevel=2)
        self.handlers: dict[str, Callable[..., Any]] = {}
        self.state = 'disconnected'
        self.sid: str | None = None
        self.logger = base_server.choose_logger(logger, default_logger)
        if json is not None:
            packet.Packet.json = json

    def is_asyncio_based(self) -> bool:
        """Whether the methods are coroutines."""
        return False

    def on(self, event: str, handler: Callable[..., Any] | None = None) -> Any:
        """Registers the handler of an event, as the server's method does."""
        if event not in self.event_names:
            raise ValueError('Invalid event')

        def set_handler(handler: Callable[..., Any]) -> Callable[..., Any]:
            self.handlers[event] = handler
            return handler

        if handler is None:
            return set_handler
        set_handler(handler)
        return None

    def _refuse(self) -> NoReturn:
        raise NotImplementedError(_missing(self))


def _missing(client: BaseClient) -> str:
    """What is missing, and what to do."""
    return (
        f'{type(client).__name__} cannot connect: engineio_rs has servers only so far; use the client of '
        'python-engineio, in a process that has not called engineio_rs.install_as_engineio()'
    )
