"""The exceptions of the package."""

from typing import Any


class EngineIOError(Exception):
    """The base of all exceptions of this package."""

    #: The HTTP reply that the peer gets, where one was decided: ``status``, ``headers`` and ``response``.
    reply: dict[str, Any] | None = None


class ContentTooLongError(EngineIOError):
    """The body of a POST is longer than ``max_http_buffer_size``."""


class UnknownPacketError(EngineIOError):
    """A packet arrived of a type that the peer does not send at this point."""


class QueueEmpty(EngineIOError):
    """Nothing was there to be sent for as long as a poll may wait."""


class SocketIsClosedError(EngineIOError):
    """The socket is closed: nothing can be sent any more."""


class ConnectionError(EngineIOError):
    """A client could not connect. Not the built-in exception of that name."""
