"""Messages that no handler takes, for those who ask for them."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from . import _delivery

#: Messages that are kept. Until somebody asks, the oldest give way; then the client stops reading.
LIMIT = 256


class Inbox:
    """A bounded queue that ends with the connection."""

    def __init__(self) -> None:
        self._messages: deque[Any] = deque()
        self._changed = threading.Condition()
        self._asked = False
        self._open = False

    def open(self) -> None:
        """A connection begins."""
        with self._changed:
            self._messages.clear()
            self._asked, self._open = False, True

    def close(self) -> None:
        """The connection has ended: what is there can still be taken."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def put(self, message: Any) -> None:
        """Adds a message. Waits while it is full and somebody takes them."""
        with self._changed:
            while len(self._messages) >= LIMIT:
                if not self._asked:
                    self._messages.popleft()
                elif self._open:
                    self._changed.wait(0.1)
                else:
                    return
            self._messages.append(message)
            self._changed.notify_all()

    def get(self, timeout: float | None = None) -> Any:
        """Waits for a message. Raises ``EOFError`` at the end, ``TimeoutError`` after ``timeout`` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            self._asked = True
            if not self._messages:
                _delivery.give_way()
            while not self._messages:
                if not self._open:
                    raise EOFError('the connection has ended')
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    raise TimeoutError(f'no message came within {timeout} seconds')
                self._changed.wait(left)
            self._changed.notify_all()
            return self._messages.popleft()

    def __iter__(self) -> Iterator[Any]:
        while True:
            try:
                message = self.get()
            except EOFError:
                return
            yield message
