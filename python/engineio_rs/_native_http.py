"""What clients have in place of an HTTP session where they need none."""

from typing import Any


class NoSession:
    """Stands for the HTTP session of a client whose connection is native. Closing it does nothing."""

    def __init__(self) -> None:
        #: Whether ``close()`` was called.
        self.closed = False

    def close(self) -> Any:
        """Does nothing: there is nothing to close."""
        self.closed = True

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f'the connection is native and has no HTTP session, so there is no {name!r}: give the client one with '
            'http_session=, and its requests are made with that'
        )


class NoAsyncSession(NoSession):
    """The same for asyncio."""

    async def close(self) -> None:
        """Does nothing: there is nothing to close."""
        self.closed = True


def of(client: Any) -> NoSession:
    """What stands for the HTTP session of a client."""
    return NoAsyncSession() if client.is_asyncio_based() else NoSession()
