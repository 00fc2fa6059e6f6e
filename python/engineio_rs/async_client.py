"""The client for asyncio, which cannot connect in this version."""

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

from . import base_client


class AsyncClient(base_client.BaseClient):
    """Takes handlers, warns that it cannot connect, and raises ``NotImplementedError`` when it is to."""

    def is_asyncio_based(self) -> bool:
        """Whether the methods are coroutines."""
        return True

    async def connect(self, url: str, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises ``NotImplementedError``: this version of the package has servers only."""
        self._refuse()

    async def wait(self) -> None:
        """Returns at once: there is no connection."""

    async def send(self, data: Any) -> NoReturn:
        """Raises ``NotImplementedError``: this version of the package has servers only."""
        self._refuse()

    async def disconnect(self, abort: bool = False, reason: str | None = None) -> None:
        """Does nothing: there is no connection."""

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
        """Starts a task of the running event loop and returns it."""
        task: asyncio.Task[Any] = asyncio.ensure_future(target(*args, **kwargs))
        return task

    async def sleep(self, seconds: float = 0) -> None:
        """Waits, and lets others run meanwhile."""
        await asyncio.sleep(seconds)

    def create_queue(self, *args: Any, **kwargs: Any) -> asyncio.Queue[Any]:
        """Returns an ``asyncio.Queue``."""
        return asyncio.Queue(*args, **kwargs)

    def get_queue_empty_exception(self) -> type[asyncio.QueueEmpty]:
        """Returns ``asyncio.QueueEmpty``."""
        return asyncio.QueueEmpty

    def create_event(self) -> asyncio.Event:
        """Returns an ``asyncio.Event``."""
        return asyncio.Event()
