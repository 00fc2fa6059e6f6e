"""The client for threads, which cannot connect in this version."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from . import base_client


class Client(base_client.BaseClient):
    """Takes handlers, warns that it cannot connect, and raises ``NotImplementedError`` when it is to."""

    def connect(self, url: str, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises ``NotImplementedError``: this version of the package has servers only."""
        self._refuse()

    def wait(self) -> None:
        """Returns at once: there is no connection."""

    def send(self, data: Any) -> NoReturn:
        """Raises ``NotImplementedError``: this version of the package has servers only."""
        self._refuse()

    def disconnect(self, abort: bool = False, reason: str | None = None) -> None:
        """Does nothing: there is no connection."""

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> threading.Thread:
        """Starts a daemon thread that runs a function, and returns it."""
        thread = threading.Thread(target=target, args=args, kwargs=kwargs, daemon=True)
        thread.start()
        return thread

    def sleep(self, seconds: float = 0) -> None:
        """Waits."""
        time.sleep(seconds)

    def create_queue(self, *args: Any, **kwargs: Any) -> queue.Queue[Any]:
        """Returns a ``queue.Queue``."""
        return queue.Queue(*args, **kwargs)

    def get_queue_empty_exception(self) -> type[queue.Empty]:
        """Returns ``queue.Empty``."""
        return queue.Empty

    def create_event(self, *args: Any, **kwargs: Any) -> threading.Event:
        """Returns a ``threading.Event``."""
        return threading.Event(*args, **kwargs)
